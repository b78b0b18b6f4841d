// A structure in 3D with its sequence, legend and tools, inside one element.  The page's component and the exported file
// share it.  Text from a structure file is only ever set as textContent or drawn on a canvas: it cannot become markup.
function createStructureView(root, options) {
  const RADIUS = 5.0;
  const DURATION = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 500;
  const state = { scene: null, atoms: null, viewer: null, model: null, lib: null, selected: null, pending: undefined,
                  pendingAt: 0, spinning: false, dead: false, label: null, surface: 0, built: "", coloured: "", marks: null,
                  measuring: false, from: null, measures: [], clear: false };

  // ------------------------------------------------------------------------------------------ elements
  function make(tag, name, parent, text) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    if (parent) parent.appendChild(element);
    return element;
  }
  function button(parent, label, title, action) {
    const element = make("button", "bsv-button", parent, label);
    element.type = "button";
    element.title = title;
    element.addEventListener("click", action);
    return element;
  }
  root.replaceChildren();
  root.classList.add("bsv");
  const bar = make("div", "bsv-bar", root);
  const stage = make("div", "bsv-stage", root);
  const box = make("div", "bsv-canvas", stage);
  const tip = make("div", "bsv-tip", stage);
  const still = make("div", "bsv-still", stage);
  const message = make("div", "bsv-message", root);
  const info = make("div", "bsv-info", root);
  info.setAttribute("aria-live", "polite");
  const legend = make("div", "bsv-legend", root);
  const panel = make("div", "bsv-sequences", root);
  still.hidden = message.hidden = true;

  const spinButton = button(bar, "Spin", "Turn the structure slowly", () => spin(!state.spinning));
  button(bar, "Reset view", "Show everything (double click does the same)", () => reset());
  const clearButton = button(bar, "Clear selection", "Select nothing", () => select(null, true));
  button(bar, "Full screen", "Fill the screen; Escape leaves", () => fullScreen());
  const measureButton = button(bar, "Measure", "Click two atoms, or two letters, for their distance; press again to remove all",
    () => measure(!state.measuring));
  measureButton.setAttribute("aria-pressed", "false");
  make("span", "bsv-space", bar);
  make("span", "bsv-hint", bar, "PNG");
  for (const factor of [2, 3, 4])
    button(bar, factor + "×", "Save a picture at " + factor + " times this size", () => savePng(factor));
  const clearPicture = button(bar, "Transparent", "Save pictures without a background", () => {
    state.clear = !state.clear;
    clearPicture.setAttribute("aria-pressed", String(state.clear));
  });
  clearPicture.setAttribute("aria-pressed", "false");
  if (options.saveHtml)
    button(bar, "HTML", "Save this view, turned as it is now, as one HTML file that opens offline",
      () => options.saveHtml(turned()));
  box.addEventListener("dblclick", () => reset());

  // ------------------------------------------------------------------------------------------ data
  function bytes(text) {
    const raw = atob(text), out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
    return out.buffer;
  }
  function decode(scene) {
    const a = scene.atoms;
    return { count: a.count, xyz: new Float32Array(bytes(a.xyz)), residue: new Uint32Array(bytes(a.residue)),
             name: new Uint16Array(bytes(a.name)), element: new Uint8Array(bytes(a.element)),
             bonds: new Uint32Array(bytes(a.bonds)) };
  }
  function chainOf(row) { return state.scene.chains.find((c) => row >= c.start && row < c.stop); }
  function title(row) {
    const r = state.scene.residues, chain = chainOf(row);
    const place = r.resolved[row] === "1" ? r.place[row] : "not resolved";
    return chain.name + ":" + r.name[row] + " " + place;
  }
  const SECONDARY = { H: "alpha helix", G: "3-10 helix", I: "pi helix", E: "strand", B: "isolated bridge", T: "turn",
                      S: "bend" };
  function isPolymer(row) { return "pdr".includes(state.scene.residues.kind[row]); }

  function atomColour(i) {
    const c = state.scene.colours, row = state.atoms.residue[i];
    if (c.by_element || !isPolymer(row)) return elementColour(state.scene.atoms.elements[state.atoms.element[i]]);
    return c.palette[state.paint[row]];
  }
  function elementColour(element) {
    return state.scene.colours.elements[element] || state.scene.colours.other_element;
  }

  // ------------------------------------------------------------------------------------------ 3D
  function hasWebGL() {
    try {
      const canvas = document.createElement("canvas");
      const gl = canvas.getContext("webgl2") || canvas.getContext("webgl");
      if (!gl) return false;
      const lose = gl.getExtension("WEBGL_lose_context");
      if (lose) lose.loseContext();
      return true;
    } catch (error) { return false; }
  }
  function background() {
    const found = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
    return /^#[0-9a-f]{6}$/i.test(found) ? found : "#ffffff";
  }
  function build() {
    const { scene, atoms, lib } = state;
    const r = scene.residues, list = new Array(atoms.count);
    const chainIndex = new Int32Array(r.letter.length);
    scene.chains.forEach((c, n) => chainIndex.fill(n, c.start, c.stop));
    for (let i = 0; i < atoms.count; i++) {
      const row = atoms.residue[i], element = scene.atoms.elements[atoms.element[i]], ss = r.secondary[row];
      list[i] = { x: atoms.xyz[3 * i], y: atoms.xyz[3 * i + 1], z: atoms.xyz[3 * i + 2], elem: element,
                  atom: scene.atoms.names[atoms.name[i]], resn: scene.atoms.draw_as[row], resi: row, row: row, at: i,
                  chain: "c" + chainIndex[row], rescode: "", hetflag: !isPolymer(row), serial: i, index: i, b: 0,
                  ss: "HGI".includes(ss) ? "h" : ss === "E" ? "s" : "c", bonds: [], bondOrder: [], properties: {} };
    }
    for (let k = 0; k < atoms.bonds.length; k += 2) {
      const a = atoms.bonds[k], b = atoms.bonds[k + 1];
      list[a].bonds.push(b); list[a].bondOrder.push(1);
      list[b].bonds.push(a); list[b].bondOrder.push(1);
    }
    markEnds(list);
    const viewer = state.viewer;
    viewer.removeAllSurfaces(); viewer.removeAllLabels(); viewer.removeAllModels(); viewer.removeAllShapes();
    state.label = state.from = null;
    state.measures = [];
    state.model = viewer.addModel();
    state.model.addAtoms(list);
    viewer.setClickable({}, true, (atom) => (state.measuring ? measured(atom) : select(atom.row, true)));
    if (atoms.count < 40000)
      viewer.setHoverable({}, true, (atom) => showTip(atom), () => { tip.textContent = ""; });
    viewer.setView([0, 0, 0, 0, ...quaternion(scene.view)]);
  }
  function markEnds(list) {  // the library draws helices and arrows between atoms marked as a stretch's begin and end
    let previous = null;
    for (const atom of list) {
      if (atom.atom !== "CA" || atom.hetflag) continue;
      if (!previous || previous.ss !== atom.ss || previous.chain !== atom.chain) {
        if (previous) previous.ssend = true;
        atom.ssbegin = true;
      }
      previous = atom;
    }
    if (previous) previous.ssend = true;
  }
  function quaternion(m) {  // of a rotation matrix given row by row
    const w = Math.sqrt(Math.max(0, 1 + m[0] + m[4] + m[8])) / 2;
    const x = Math.sqrt(Math.max(0, 1 + m[0] - m[4] - m[8])) / 2 * Math.sign(m[7] - m[5] || 1);
    const y = Math.sqrt(Math.max(0, 1 - m[0] + m[4] - m[8])) / 2 * Math.sign(m[2] - m[6] || 1);
    const z = Math.sqrt(Math.max(0, 1 - m[0] - m[4] + m[8])) / 2 * Math.sign(m[3] - m[1] || 1);
    return [x, y, z, w];
  }
  function polymerKinds() {  // chains that a ribbon cannot show: alpha carbons only, or very short
    const names = state.scene.atoms.names, ca = names.indexOf("CA"), o = names.indexOf("O");
    const kinds = new Map();
    state.scene.chains.forEach((c, n) => kinds.set("c" + n, { ca: 0, o: 0, length: c.polymer - c.start }));
    for (let i = 0; i < state.atoms.count; i++) {
      const row = state.atoms.residue[i];
      if (!isPolymer(row)) continue;
      const kind = kinds.get("c" + state.scene.chains.indexOf(chainOf(row)));
      if (state.atoms.name[i] === ca) kind.ca++;
      if (state.atoms.name[i] === o) kind.o++;
    }
    return kinds;
  }
  function dress() {
    const { scene, viewer, model, lib } = state;
    const shade = (atom) => atomColour(atom.at);
    const inCarbon = (atom) => (atom.elem === "C" || scene.colours.by_element ? atomColour(atom.at) : elementColour(atom.elem));
    viewer.removeAllSurfaces();
    const surfaceRun = ++state.surface;
    const is = (test) => ({ predicate: test });
    model.setStyle({}, {});
    if (scene.style === "stick") model.setStyle(is((a) => !a.hetflag), { stick: { radius: 0.17, colorfunc: inCarbon } });
    else if (scene.style === "sphere") model.setStyle(is((a) => !a.hetflag), { sphere: { colorfunc: shade } });
    else for (const [chain, kind] of polymerKinds()) {
      const trace = kind.ca > 2 && kind.o < kind.ca / 2;
      const style = { cartoon: { colorfunc: shade, arrows: true, ...(trace ? { style: "trace", thickness: 0.4 } : {}) } };
      if (kind.length < 4 || scene.style === "cartoon + sticks") style.stick = { radius: 0.15, colorfunc: inCarbon };
      model.setStyle(is((a) => !a.hetflag && a.chain === chain), style);
    }
    const kindOf = (atom) => scene.residues.kind[atom.row];
    model.setStyle(is((a) => kindOf(a) === "l"), { stick: { radius: 0.2, colorfunc: shade }, sphere: { scale: 0.22, colorfunc: shade } });
    model.setStyle(is((a) => kindOf(a) === "i"), { sphere: { scale: 0.6, colorfunc: shade } });
    model.setStyle(is((a) => kindOf(a) === "w"), { sphere: { scale: 0.2, colorfunc: shade } });
    if (scene.style === "surface") {
      say("Computing the surface ...");
      const done = () => { if (surfaceRun === state.surface && !state.dead) say(""); };
      Promise.resolve(viewer.addSurface(lib.SurfaceType.VDW, { opacity: 0.9, colorfunc: shade }, is((a) => !a.hetflag),
        is((a) => !a.hetflag))).then(done, done);
    }
  }
  function near(row) {
    const { xyz, residue, count } = state.atoms, mine = [], rows = new Map();
    for (let i = 0; i < count; i++) if (residue[i] === row) mine.push(i);
    for (let i = 0; i < count; i++) {
      if (residue[i] === row) continue;
      for (const j of mine) {
        const dx = xyz[3 * i] - xyz[3 * j], dy = xyz[3 * i + 1] - xyz[3 * j + 1], dz = xyz[3 * i + 2] - xyz[3 * j + 2];
        const square = dx * dx + dy * dy + dz * dz;
        if (square <= RADIUS * RADIUS && square < (rows.get(residue[i]) ?? Infinity)) rows.set(residue[i], square);
      }
    }
    return [...rows.entries()].filter(([r]) => state.scene.residues.kind[r] !== "w").sort((a, b) => a[1] - b[1]);
  }
  function focus(move) {
    const { viewer, model, scene } = state;
    const around = state.selected === null ? [] : near(state.selected);
    describe(around);
    if (!viewer) return;
    dress();
    if (state.label) { viewer.removeLabel(state.label); state.label = null; }
    if (state.selected !== null && drawn(state.selected)) {
      const rows = new Set(around.map(([row]) => row)), inCarbon = (a) => a.elem === "C" ? atomColour(a.at) : elementColour(a.elem);
      model.setStyle({ predicate: (a) => rows.has(a.row) }, { stick: { radius: 0.13, colorfunc: inCarbon } }, true);
      model.setStyle({ predicate: (a) => a.row === state.selected },
        { stick: { radius: 0.28, colorfunc: inCarbon }, sphere: { scale: 0.28, colorfunc: inCarbon } }, true);
      const at = centre(state.selected);
      state.label = viewer.addLabel(title(state.selected), { position: at, backgroundColor: "#15211F", backgroundOpacity: 0.8,
        fontColor: "#ffffff", fontSize: 13, inFront: true });
      rows.add(state.selected);
      if (move) viewer.zoomTo({ predicate: (a) => rows.has(a.row) }, move === "at once" ? 0 : DURATION);
    } else if (move === "at once") viewer.zoomTo({}, 0);
    viewer.render();
  }
  function drawn(row) { return state.atoms.residue.includes(row); }
  function centre(row) {
    const { xyz, residue, count } = state.atoms, sum = [0, 0, 0];
    let n = 0;
    for (let i = 0; i < count; i++) if (residue[i] === row) { n++; for (let k = 0; k < 3; k++) sum[k] += xyz[3 * i + k]; }
    return { x: sum[0] / n, y: sum[1] / n, z: sum[2] / n };
  }
  function showTip(atom) { tip.textContent = title(atom.row) + " · " + atom.atom; }
  function say(text) { message.textContent = text; message.hidden = !text; }

  // ------------------------------------------------------------------------------------------ selection
  function select(row, byUser) {
    state.selected = row;
    if (byUser) {
      state.pending = row;
      state.pendingAt = Date.now();
      options.onSelect(row, state.scene.key);
    }
    mark();
    focus(row !== null);
    if (!state.viewer && !still.hidden) drawStill();
  }
  function describe(around) {
    info.replaceChildren();
    clearButton.disabled = state.selected === null;
    if (state.selected === null) {
      make("span", "bsv-hint", info, "Click a residue in 3D or in the sequence to select it.");
      return;
    }
    const r = state.scene.residues, row = state.selected;
    make("strong", "", info, title(row));
    const parts = [];
    if (r.position[row]) parts.push("position " + r.position[row] + " in the sequence");
    if (SECONDARY[r.secondary[row]]) parts.push(SECONDARY[r.secondary[row]]);
    if (r.resolved[row] === "0") parts.push("no atom of it is in the model, so there is nothing to show in 3D");
    else if (around.length)
      parts.push("within 5 Å: " + around.slice(0, 8).map(([n]) => title(n)).join(", ") + (around.length > 8 ? " and " + (around.length - 8) + " more" : ""));
    make("span", "", info, parts.length ? " · " + parts.join(" · ") : "");
  }

  // ------------------------------------------------------------------------------------------ sequence panel
  function sequences() {
    panel.replaceChildren();
    state.marks = new Map();
    const { scene } = state, r = scene.residues;
    const total = scene.chains.reduce((sum, c) => sum + c.stop - c.start, 0);
    scene.chains.forEach((chain, n) => {
      const details = make("details", "bsv-chain", panel);
      const kind = chain.kind === "none" ? "no polymer" : (chain.polymer - chain.start) + (chain.kind === "protein" ? " residues" : " nucleotides");
      make("summary", "", details, "Chain " + chain.name + (chain.molecule ? " · " + chain.molecule : "") + " · " + kind
        + (chain.shown ? "" : " · hidden"));
      let filled = false;
      const fill = () => {
        if (filled) return;
        filled = true;
        letters(make("div", "bsv-letters", details), chain);
        paintLetters();
        mark();
      };
      details.addEventListener("toggle", () => { if (details.open) fill(); });
      if (n < 4 && total < 6000) { details.open = true; fill(); }
      details.fillNow = fill;
    });
  }
  function letters(holder, chain) {
    const r = state.scene.residues;
    holder.setAttribute("role", "listbox");
    holder.setAttribute("aria-label", "Residues of chain " + chain.name);
    for (let row = chain.start; row < chain.stop; row++) {
      if (!isPolymer(row)) continue;
      const offset = row - chain.start;
      if (offset % 10 === 0) {
        const block = make("span", "bsv-block", holder);
        make("span", "bsv-number", block, String(offset + 1));
        holder.block = make("span", "bsv-run", block);
      }
      option(holder.block, row, r.letter[row], "bsv-letter ss-" + ("HGI".includes(r.secondary[row]) ? "h" : "EB".includes(r.secondary[row]) ? "e" : "c")
        + (r.resolved[row] === "0" ? " bsv-missing" : ""));
    }
    const others = [];
    for (let row = chain.polymer; row < chain.stop; row++) if ("li".includes(r.kind[row])) others.push(row);
    if (others.length) {
      const ligands = make("span", "bsv-ligands", holder);
      for (const row of others.slice(0, 200)) option(ligands, row, r.name[row], "bsv-letter bsv-ligand");
    }
  }
  function option(parent, row, text, name) {
    const element = make("span", name, parent, text);
    element.dataset.row = row;
    element.title = title(row) + (state.scene.residues.position[row] ? " (sequence " + state.scene.residues.position[row] + ")" : "");
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", "false");
    element.tabIndex = -1;
    state.marks.set(row, element);
  }
  panel.addEventListener("click", (event) => {
    const target = event.target.closest("[data-row]");
    if (target && panel.contains(target)) choose(Number(target.dataset.row));
  });
  function choose(row) {
    const atom = state.measuring ? representative(row) : null;
    if (atom) measured(atom);
    else select(row, true);
  }
  panel.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key];
    const target = event.target.closest("[data-row]");
    if (!target || (!step && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    const row = Number(target.dataset.row) + (step || 0);
    if (!state.marks.has(row)) return;
    if (step) select(row, true);
    else choose(row);
    state.marks.get(row).focus();
  });
  function mark() {
    if (!state.marks) return;
    for (const element of panel.querySelectorAll("[aria-selected=true]")) {
      element.setAttribute("aria-selected", "false");
      element.tabIndex = -1;
    }
    if (state.selected !== null && !state.marks.has(state.selected)) {
      const n = state.scene.chains.indexOf(chainOf(state.selected));
      const details = panel.children[n];
      if (details && !details.open) { details.open = true; details.fillNow(); return; }
    }
    const element = state.marks.get(state.selected);
    if (element) {
      element.setAttribute("aria-selected", "true");
      element.tabIndex = 0;
      const holder = element.closest(".bsv-letters"), box = element.getBoundingClientRect(), frame = panel.getBoundingClientRect();
      if (box.top < frame.top || box.bottom > frame.bottom) panel.scrollTop += box.top - frame.top - frame.height / 2;
    } else {
      const first = state.marks.values().next().value;
      if (first) first.tabIndex = 0;
    }
  }
  function paintLetters() {
    const { colours } = state.scene;
    for (const [row, element] of state.marks) {
      if (colours.by_element || state.scene.residues.resolved[row] === "0" || !isPolymer(row)) {
        element.style.backgroundColor = element.style.color = "";
        continue;
      }
      const colour = colours.palette[state.paint[row]];
      const [red, green, blue] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
      element.style.backgroundColor = colour;
      element.style.color = 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#10181A" : "#FFFFFF";
    }
  }

  // ------------------------------------------------------------------------------------------ legend
  function drawLegend() {
    const c = state.scene.colours;
    legend.replaceChildren();
    make("strong", "", legend, c.title);
    if (c.gradient.length) {
      make("span", "", legend, number(c.low));
      const strip = make("span", "bsv-gradient", legend);
      strip.style.background = "linear-gradient(to right, " + c.gradient.join(", ") + ")";
      make("span", "", legend, number(c.high));
      if (c.missing) swatch("no value", c.palette[c.palette.length - 1]);
    }
    for (const [label, colour] of c.legend) swatch(label, colour);
    const kinds = state.scene.residues.kind;
    if (!c.by_element && [...new Set(state.atoms.residue)].some((row) => "liw".includes(kinds[row])))
      make("span", "bsv-hint", legend, "ligands by element");
  }
  function swatch(label, colour) {
    const entry = make("span", "bsv-entry", legend);
    make("span", "bsv-swatch", entry).style.backgroundColor = colour;
    make("span", "", entry, label);
  }
  function number(value) { return value === null ? "not defined" : String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100); }

  // ------------------------------------------------------------------------------------------ distances
  function measure(on) {
    state.measuring = on;
    state.from = null;
    measureButton.setAttribute("aria-pressed", String(on));
    if (!on && state.viewer) {
      for (const [line, label] of state.measures) { state.viewer.removeShape(line); state.viewer.removeLabel(label); }
      state.measures = [];
      state.viewer.render();
    }
    if (on) note("Click the first atom, in 3D or by its residue's letter.");
    else describe(state.selected === null ? [] : near(state.selected));
  }
  function representative(row) {  // of a residue that is named by its letter
    const { atoms, scene } = state, wanted = ["CA", "C1'", "P"].map((name) => scene.atoms.names.indexOf(name));
    let found = -1;
    for (let i = 0; i < atoms.count; i++) {
      if (atoms.residue[i] !== row) continue;
      if (found < 0) found = i;
      if (wanted.includes(atoms.name[i])) { found = i; break; }
    }
    if (found < 0) return null;
    return { row, atom: scene.atoms.names[atoms.name[found]], x: atoms.xyz[3 * found], y: atoms.xyz[3 * found + 1],
             z: atoms.xyz[3 * found + 2] };
  }
  function measured(atom) {
    const called = (one) => title(one.row) + " " + one.atom;
    if (!state.from) { state.from = atom; note("From " + called(atom) + ": click the second atom."); return; }
    const from = state.from, far = Math.hypot(atom.x - from.x, atom.y - from.y, atom.z - from.z);
    state.from = null;
    note(called(from) + " to " + called(atom) + ": " + far.toFixed(2) + " Å");
    if (!state.viewer) return;
    const middle = { x: (atom.x + from.x) / 2, y: (atom.y + from.y) / 2, z: (atom.z + from.z) / 2 };
    const ends = { start: { x: from.x, y: from.y, z: from.z }, end: { x: atom.x, y: atom.y, z: atom.z } };
    const line = state.viewer.addCylinder({ ...ends, radius: 0.07, color: "#D55E00", dashed: true });
    const label = state.viewer.addLabel(far.toFixed(2) + " Å", { position: middle, backgroundColor: "#15211F",
      backgroundOpacity: 0.8, fontColor: "#ffffff", fontSize: 12, inFront: true });
    state.measures.push([line, label]);
    state.viewer.render();
  }
  function note(text) { info.replaceChildren(); make("span", "", info, text); }
  function turned() {  // the scene with the camera as it stands, for a file
    return { ...state.scene, selected: state.selected, camera: state.viewer ? state.viewer.getView() : null };
  }

  // ------------------------------------------------------------------------------------------ tools
  function spin(on) {
    state.spinning = on;
    spinButton.textContent = on ? "Stop" : "Spin";
    spinButton.setAttribute("aria-pressed", String(on));
    if (state.viewer) state.viewer.spin(on ? "y" : false, 0.6);
  }
  function reset() {
    if (!state.viewer) return;
    spin(false);
    state.viewer.setView([0, 0, 0, 0, ...quaternion(state.scene.view)]);
    state.viewer.zoomTo({}, 0);
    state.viewer.render();
  }
  function fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (root.requestFullscreen) root.requestFullscreen().catch(() => say("This browser does not allow full screen here."));
  }
  const onFullScreen = () => { root.classList.toggle("bsv-full", document.fullscreenElement === root); if (state.viewer) state.viewer.resize(); };
  document.addEventListener("fullscreenchange", onFullScreen);
  function savePng(factor) {
    let url;
    if (state.viewer) {
      const width = box.clientWidth, height = box.clientHeight, drawn = state.viewer.getCanvas().width / width;
      const scale = factor / drawn;  // the canvas is finer than the page already
      box.style.cssText = "position:fixed;left:-100000px;top:0;width:" + width * scale + "px;height:" + height * scale + "px";
      state.viewer.resize();
      if (state.clear) state.viewer.setBackgroundColor(background(), 0);
      state.viewer.render();
      url = state.viewer.pngURI();
      state.viewer.setBackgroundColor(background(), 1);
      box.style.cssText = "";
      state.viewer.resize();
      state.viewer.render();
    } else {
      const canvas = still.querySelector("canvas");
      if (!canvas) return;
      url = canvas.toDataURL("image/png");
    }
    const link = make("a", "", document.body);
    link.href = url;
    link.download = state.scene.name.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 60) + "_" + factor + "x.png";
    link.click();
    link.remove();
    root.dataset.png = factor + " " + url.length;
  }

  // ------------------------------------------------------------------------------------------ without WebGL
  function drawStill(reason) {
    still.hidden = false;
    box.hidden = true;
    if (reason) { still.replaceChildren(); make("p", "bsv-sentence", still, reason + " Below is a still picture of the backbone."); make("canvas", "", still); }
    const canvas = still.querySelector("canvas"), width = (canvas.width = 2 * Math.max(300, stage.clientWidth)), height = (canvas.height = 900);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "Backbone trace of " + state.scene.name);
    const pen = canvas.getContext("2d"), m = state.scene.view, names = state.scene.atoms.names;
    const ca = names.indexOf("CA"), p = names.indexOf("P"), points = [];
    for (let i = 0; i < state.atoms.count; i++) {
      const row = state.atoms.residue[i], name = state.atoms.name[i];
      if (!isPolymer(row) || (state.scene.residues.kind[row] === "p" ? name !== ca : name !== p)) continue;
      const [x, y, z] = [0, 1, 2].map((k) => state.atoms.xyz[3 * i + k]);
      points.push({ row, colour: atomColour(i), x: m[0] * x + m[1] * y + m[2] * z, y: m[3] * x + m[4] * y + m[5] * z,
                    z: m[6] * x + m[7] * y + m[8] * z });
    }
    if (!points.length) return;
    const range = (k) => [Math.min(...points.map((q) => q[k])), Math.max(...points.map((q) => q[k]))];
    const [x0, x1] = range("x"), [y0, y1] = range("y");
    const scale = 0.9 * Math.min(width / (x1 - x0 + 1), height / (y1 - y0 + 1));
    for (const q of points) { q.x = width / 2 + (q.x - (x0 + x1) / 2) * scale; q.y = height / 2 - (q.y - (y0 + y1) / 2) * scale; }
    const lines = [];
    for (let i = 1; i < points.length; i++) if (points[i].row === points[i - 1].row + 1) lines.push([points[i - 1], points[i]]);
    lines.sort((a, b) => a[0].z + a[1].z - b[0].z - b[1].z);
    pen.clearRect(0, 0, width, height);
    pen.lineCap = "round";
    for (const [a, b] of lines) {
      pen.strokeStyle = b.colour;
      pen.lineWidth = 9;
      pen.beginPath(); pen.moveTo(a.x, a.y); pen.lineTo(b.x, b.y); pen.stroke();
    }
    const chosen = points.find((q) => q.row === state.selected);
    if (chosen) { pen.strokeStyle = "#D55E00"; pen.lineWidth = 6; pen.beginPath(); pen.arc(chosen.x, chosen.y, 22, 0, 7); pen.stroke(); }
  }

  // ------------------------------------------------------------------------------------------ life
  async function start() {
    if (!hasWebGL()) throw new Error("3D needs WebGL, which this browser does not offer here.");
    state.lib = await options.library();
    if (state.dead) return;
    state.viewer = state.lib.createViewer(box, { backgroundColor: background(), antialias: true, cartoonQuality: 8 });
    root.dataset.webgl = "1";
  }
  const ready = start().catch((error) => { if (!state.dead) state.failed = error.message || String(error); });

  async function update(scene) {
    state.latest = scene;
    await ready;
    if (state.dead || state.latest !== scene) return;
    const first = state.built !== scene.key;
    const wanted = scene.selected === undefined ? null : scene.selected;
    state.scene = scene;
    state.paint = new Uint8Array(bytes(scene.colours.index));
    if (first) {
      state.built = scene.key;
      state.atoms = decode(scene);
      state.selected = wanted;
      state.pending = undefined;
      sequences();
    } else if (state.pending !== undefined) {
      if (wanted === state.pending || Date.now() - state.pendingAt > 4000) state.pending = undefined;
    }
    const moved = state.pending === undefined && wanted !== state.selected;
    if (moved) state.selected = wanted;
    paintLetters();
    drawLegend();
    mark();
    const look = scene.style + JSON.stringify(scene.colours);
    if (state.viewer) {
      state.viewer.setBackgroundColor(background(), 1);
      if (first) build();
      if (first && scene.camera) focus(false), state.viewer.setView(scene.camera), state.viewer.render();
      else if (first || moved || look !== state.coloured) focus(first ? "at once" : moved && state.selected !== null);
      else describe(state.selected === null ? [] : near(state.selected));
    } else {
      focus(false);
      drawStill(state.failed);
    }
    state.coloured = look;
    root.dataset.ready = scene.key;
    root.dataset.selected = state.selected === null ? "" : String(state.selected);
  }
  function destroy() {
    state.dead = true;
    document.removeEventListener("fullscreenchange", onFullScreen);
    if (!state.viewer) return;
    try {
      state.viewer.spin(false);
      state.viewer.removeAllSurfaces(); state.viewer.removeAllLabels(); state.viewer.removeAllModels();
      for (const watcher of [state.viewer.divwatcher, state.viewer.intwatcher]) if (watcher) watcher.disconnect();
      const gl = state.viewer.getRenderer().getContext(), lose = gl && gl.getExtension("WEBGL_lose_context");
      if (lose) lose.loseContext();
    } catch (error) { console.warn("structure viewer: " + error); }
    state.viewer = null;
    window.biocoreViewersReleased = (window.biocoreViewersReleased || 0) + 1;
  }
  root.structureView = { select, state };  // for tests and for scripts on the page
  return { update, destroy };
}

// Loads 3Dmol.js once per page, from the first address that answers.
function load3Dmol(addresses) {
  if (window.$3Dmol) return Promise.resolve(window.$3Dmol);
  if (window.biocore3Dmol) return window.biocore3Dmol;
  const one = ({ url, integrity }) => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    if (integrity) { script.integrity = integrity; script.crossOrigin = "anonymous"; }
    script.onload = () => (window.$3Dmol ? resolve(window.$3Dmol) : reject(new Error("not 3Dmol.js")));
    script.onerror = () => reject(new Error("not found"));
    document.head.appendChild(script);
  });
  window.biocore3Dmol = addresses.reduce((before, address) => before.catch(() => one(address)), Promise.reject(new Error("")));
  return window.biocore3Dmol.catch(() => {
    window.biocore3Dmol = undefined;
    throw new Error("The 3D viewer (3Dmol.js) could not be loaded.");
  });
}
