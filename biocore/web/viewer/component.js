
const views = new WeakMap();

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".bsv-root");
  let view = views.get(root);
  if (!view) {
    view = createStructureView(root, {
      library: () => load3Dmol(data.library),
      onSelect: (row, key) => setStateValue("residue", { row, key, click: Date.now() }),
    });
    view.show = () => {  // the atoms come in a message of their own, before or after this one
      const shape = window.biocoreGeometries?.get(view.look.key);
      if (shape) view.update({ ...shape, ...view.look });
    };
    window.addEventListener("biocore-geometry", view.show);
    views.set(root, view);
  }
  view.look = data.look;
  view.show();
  return () => {
    window.removeEventListener("biocore-geometry", view.show);
    view.destroy();
    views.delete(root);
  };
}
