
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
    views.set(root, view);
  }
  view.update(data.scene);
  return () => {
    view.destroy();
    views.delete(root);
  };
}
