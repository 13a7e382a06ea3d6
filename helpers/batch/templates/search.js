// Search over all pages. The index comes by a script tag, since a page from disk may fetch nothing else.
const SHOWN = 20;
const field = document.getElementById("search");
const found = document.getElementById("found");
let places = null; // each: page and anchor, title of the page, heading, text; and all its words as they are compared

// Small letters without accents, and still one for one.
const plain = (text) => text.replace(/[^\x00-\x7f]/g, (sign) => sign.normalize("NFD")[0]).toLowerCase();

function load() {
  if (document.getElementById("index")) return;
  const script = document.createElement("script");
  script.id = "index";
  script.src = "assets/index.js";
  script.onload = () => {
    places = searchIndex.map(([href, title, heading, text]) => ({ href, title, heading, text, head: plain(`${title} ${heading}`), body: plain(text) }));
    search();
  };
  document.head.append(script);
}

function score(place, words) {
  let sum = 0;
  for (const word of words) {
    const times = place.body.split(word).length - 1;
    const points = (place.head.includes(word) ? 10 : 0) + Math.min(times, 5);
    if (!points) return 0;
    sum += points;
  }
  return sum;
}

function marked(text, from, to, words) {
  // The text from one place to another as nodes, with the words marked.
  const part = text.slice(from, to), compared = plain(part), nodes = [];
  let at = 0;
  while (at < part.length) {
    const [next, word] = words.map((word) => [compared.indexOf(word, at), word]).filter(([place]) => place >= 0)
      .sort((a, b) => a[0] - b[0] || b[1].length - a[1].length)[0] ?? [part.length, ""];
    nodes.push(part.slice(at, next));
    if (!word) break;
    const mark = document.createElement("mark");
    mark.textContent = part.slice(next, next + word.length);
    nodes.push(mark);
    at = next + word.length;
  }
  return nodes;
}

function entry(place, words) {
  const item = document.createElement("li"), link = document.createElement("a"), text = document.createElement("p");
  link.href = place.href;
  link.append(...marked(place.heading && place.heading !== place.title ? `${place.title} › ${place.heading}` : place.title, 0, undefined, words));
  const first = Math.min(...words.map((word) => place.body.indexOf(word)).filter((at) => at >= 0));
  const around = Math.max(0, (Number.isFinite(first) ? first : 0) - 60);
  const word = place.text.indexOf(" ", around) + 1;
  const from = around && word <= first ? word : around; // begins with a whole word
  text.append(from ? "… " : "", ...marked(place.text, from, from + 180, words), from + 180 < place.text.length ? " …" : "");
  item.append(link, text);
  return item;
}

function search() {
  const words = plain(field.value).split(/\s+/).filter(Boolean);
  found.hidden = !words.length || !places;
  if (found.hidden) return;
  const hits = places.map((place) => [score(place, words), place]).filter(([points]) => points).sort((a, b) => b[0] - a[0]);
  const shown = hits.slice(0, SHOWN).map(([, place]) => entry(place, words));
  const count = hits.length > SHOWN ? `The first ${SHOWN} of ${hits.length} places` : `${hits.length || "No"} ${hits.length === 1 ? "place" : "places"}`;
  found.querySelector("p").textContent = `${count} with ${words.join(" and ")}`;
  found.querySelector("ol").replaceChildren(...shown);
}

function close() {
  found.hidden = true;
}

field.addEventListener("focus", load);
field.addEventListener("input", () => { load(); search(); });
field.form.addEventListener("submit", (event) => event.preventDefault());
field.form.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { close(); field.focus(); }
});
found.addEventListener("click", (event) => { if (event.target.closest("a")) close(); });
document.addEventListener("click", (event) => { if (!field.form.contains(event.target)) close(); });
field.form.hidden = false;
