// The invisible half of the viewer: keeps the atoms it is sent until a viewer asks for them by their key.
export default function (component) {
  const held = (window.biocoreGeometries ??= new Map()), text = new TextDecoder();
  const key = text.decode(component.data.subarray(0, 500)).match(/^\{"key": "([^"\\]+)"/)?.[1];  // it comes first
  if (held.has(key)) return;  // the same atoms again, after a choice that does not concern them
  const shape = JSON.parse(text.decode(component.data));
  held.set(shape.key, shape);
  while (held.size > 2) held.delete(held.keys().next().value);  // the oldest
  window.dispatchEvent(new Event("biocore-geometry"));
}
