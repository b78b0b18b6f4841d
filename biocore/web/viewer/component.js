
const views = new WeakMap();

// What `export_html` of the library writes: EXPORT holds its template and parts.
async function saveHtml(scene, about, address) {
  const entity = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" };
  const escaped = (text) => text.replace(/[<>&"]/g, (sign) => entity[sign]);
  const library = await (await fetch(address)).text();
  const parts = {
    ...EXPORT.parts, TITLE: escaped((scene.name + " " + scene.title).trim().slice(0, 200)), ABOUT: escaped(about),
    SCENE: JSON.stringify(scene).replace(/[<>&]/g, (sign) => "\\u00" + sign.charCodeAt(0).toString(16)),
    LIBRARY: library.replaceAll("</script", "<\\/script"),
  };
  const pieces = EXPORT.template.split("@@").map((piece, number) => (number % 2 ? parts[piece] : piece));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([pieces.join("")], { type: "text/html" }));
  link.download = scene.name.replace(/[^A-Za-z0-9_-]+/g, "_").slice(0, 60) + ".html";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".bsv-root");
  let view = views.get(root);
  if (!view) {
    view = createStructureView(root, {
      library: () => load3Dmol(data.library),
      saveHtml: (scene) => saveHtml(scene, view.about, data.library[0].url),
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
  view.about = data.about;
  view.show();
  return () => {
    window.removeEventListener("biocore-geometry", view.show);
    view.destroy();
    views.delete(root);
  };
}
