// Draws the available memory of the last hour, with the two floors of the memory guard.

const SVG = "http://www.w3.org/2000/svg";
const HOUR = 3600;

// Seconds between two points after which the line is interrupted. It is read once a minute.
const GAP = 150;

const HEIGHT = 170;
const EDGE = { top: 10, right: 44, bottom: 22, left: 58 };

function shape(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

const amount = (mib) => (mib >= 1024 ? `${+(mib / 1024).toFixed(1)} GiB` : `${mib} MiB`);

// The runs of readings without a gap between them.
function runs(points) {
  const found = [];
  let before = null;
  for (const [ago, mib] of points) {
    if (mib !== null) {
      if (before === null || before - ago > GAP) found.push([]);
      found[found.length - 1].push([ago, mib]);
    }
    before = mib === null ? null : ago;
  }
  return found;
}

// The chart in words: what it shows must not need eyes.
function chartText(points) {
  const read = points.filter(([, mib]) => mib !== null);
  if (!read.length) return say.chart_empty;
  const lowest = read.reduce((least, point) => (point[1] < least[1] ? point : least));
  const highest = Math.max(...read.map(([, mib]) => mib));
  const [ago, mib] = read[read.length - 1];
  const parts = ago <= GAP ? [say.chart_now(`${mib} MiB`)] : [];
  parts.push(say.chart_range(`${lowest[1]} MiB`, clock(lowest[0]), `${highest} MiB`));
  if (read.length < points.length) parts.push(say.chart_gap);
  const text = parts.join(say.comma) + say.stop;
  return text[0].toUpperCase() + text.slice(1);
}

function clock(ago) {
  return new Date(Date.now() - ago * 1000).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
}

// A logarithmic scale: the floors stay visible beside 64 GiB as beside 1 GiB.
function drawChart(svg, history) {
  const width = Math.max(200, Math.round(svg.clientWidth || 480));
  const { points, heavy_floor_mib: heavy, read_only_floor_mib: readOnly } = history;
  const values = points.map(([, mib]) => mib).filter((mib) => mib !== null);
  const low = Math.floor(Math.log2(Math.max(16, Math.min(256, readOnly / 1.2, ...values))));
  const high = Math.ceil(Math.log2(Math.max(1024, heavy * 1.2, ...values)));
  const x = (ago) => EDGE.left + (1 - Math.min(1, ago / HOUR)) * (width - EDGE.left - EDGE.right);
  const y = (mib) => {
    const part = (Math.log2(Math.max(1, mib)) - low) / (high - low);
    return EDGE.top + (1 - Math.min(1, Math.max(0, part))) * (HEIGHT - EDGE.top - EDGE.bottom);
  };
  const parts = [];
  const step = Math.ceil((high - low) / 4);
  for (let power = low; power <= high; power += step) {
    const at = y(2 ** power);
    parts.push(shape("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: at, y2: at }));
    parts.push(shape("text", { x: EDGE.left - 6, y: at + 4, "text-anchor": "end" }, amount(2 ** power)));
  }
  const hours = [[HOUR, "start"], [HOUR / 2, "middle"], [0, "end"]];
  for (const [ago, anchor] of width < 420 ? [hours[0], hours[2]] : hours) {
    const text = ago ? say.minutes(ago / 60) : say.now;
    parts.push(shape("text", { x: x(ago), y: HEIGHT - 5, "text-anchor": anchor }, text));
  }
  // Their numbers beside them, never over each other.
  const beside = Math.max(y(readOnly) + 4, y(heavy) + 4 + 13);
  for (const [name, mib, at] of [["heavy", heavy, y(heavy) + 4], ["read-only", readOnly, Math.min(beside, HEIGHT - EDGE.bottom + 6)]]) {
    parts.push(shape("line", { class: `floor ${name}`, x1: EDGE.left, x2: width - EDGE.right, y1: y(mib), y2: y(mib) }));
    parts.push(shape("text", { x: width - EDGE.right + 6, y: at }, String(mib)));
  }
  for (const run of runs(points)) {
    const path = run.map(([ago, mib]) => `${x(ago).toFixed(1)},${y(mib).toFixed(1)}`).join(" ");
    parts.push(run.length > 1
      ? shape("polyline", { class: "reading", points: path })
      : shape("circle", { class: "reading", cx: x(run[0][0]), cy: y(run[0][1]), r: 2 }));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.replaceChildren(...parts);
}

function showChart(history) {
  const svg = find("chart");
  // Ages move on with every answer; the picture moves by less than a pixel in ten seconds.
  const data = [history.points.map(([ago, mib]) => [Math.round(ago / 10), mib]), svg.clientWidth, say.now, history.heavy_floor_mib, history.read_only_floor_mib];
  ifChanged(svg, data, () => {
    put(find("chart-text"), chartText(history.points));
    drawChart(svg, history);
  });
  const lines = [["reading", say.line], ["floor heavy", say.line_heavy(history.heavy_floor_mib)], ["floor read-only", say.line_read_only(history.read_only_floor_mib)]];
  ifChanged(find("chart-lines"), lines, () => find("chart-lines").replaceChildren(...lines.map(([name, text]) => {
    const item = element("li");
    const sample = shape("svg", { class: "sample", viewBox: "0 0 28 8", "aria-hidden": "true" });
    sample.append(shape("line", { class: name, x1: 0, x2: 28, y1: 4, y2: 4 }));
    item.append(sample, text);
    return item;
  })));
}
