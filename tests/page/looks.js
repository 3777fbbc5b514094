// What the tests ask the page about its looks. Run in the page.
(() => {
  const faster = Number(new URLSearchParams(location.search).get("faster") || 1);
  window.intervals = [];
  const { setInterval, setTimeout } = window;
  window.setInterval = (call, ms) => { window.intervals.push(ms); return setInterval(call, ms / faster); };
  window.setTimeout = (call, ms) => setTimeout(call, ms / faster);

  const rgb = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = (top, below) => top.slice(0, 3).map((part, at) => part * top[3] + below[at] * (1 - top[3]));
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const back = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgb(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const contrast = (element, colour) => {
    const [a, b] = [over(rgb(colour), back(element)), back(element)].map(light);
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const shown = (element) => element.checkVisibility() && !element.closest(".unseen");
  const opaque = (element) => !element || (getComputedStyle(element).opacity === "1" && opaque(element.parentElement));

  window.looks = {
    // What has too little contrast: its text, and how much it has.
    faint() {
      const found = [];
      for (const element of document.querySelectorAll("body *")) {
        const style = getComputedStyle(element);
        const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        const drawn = element.closest("#chart, .sample") && element.matches(".reading, .floor");
        const edge = element.matches("button, pre");
        if (!shown(element) || !(text || drawn || edge)) continue;
        const wanted = [];
        if (text) wanted.push([element.namespaceURI.endsWith("svg") ? style.fill : style.color, 4.5]);
        if (drawn) wanted.push([style.stroke, 3]);
        if (edge) wanted.push([style.borderTopColor, 3]);
        for (const [colour, least] of wanted) {
          const is = contrast(element, colour);
          if (is < least || !opaque(element)) found.push(`${element.tagName} ${element.className.baseVal ?? element.className} “${element.textContent.slice(0, 40)}” ${colour} ${is.toFixed(2)}`);
        }
      }
      return found;
    },
    // What stands out of the window, or of what holds it.
    wide() {
      return [...document.querySelectorAll("body *")].filter((element) => shown(element) && (
        element.getBoundingClientRect().right > innerWidth + 1 || element.getBoundingClientRect().left < -1
      )).map((element) => `${element.tagName}#${element.id} ${element.textContent.slice(0, 40)}`);
    },
    // What moves.
    moving() {
      const moves = [...document.querySelectorAll("*")].filter((element) => {
        const style = getComputedStyle(element);
        return style.animationName !== "none" || style.transitionDuration.split(",").some((time) => parseFloat(time) > 0) || style.scrollBehavior === "smooth";
      });
      return moves.length + document.getAnimations().length;
    },
    // Where the focus is, and whether that can be seen.
    focus() {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      const style = getComputedStyle(at);
      const visible = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && contrast(at.parentElement, style.outlineColor) >= 3;
      return { name: at.getAttribute("aria-label") || at.textContent, tag: at.tagName, visible };
    },
    // Everything that can be reached with the Tab key, in order.
    stops() {
      return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter((element) => shown(element) && element.tabIndex >= 0)
        .map((element) => element.getAttribute("aria-label") || element.textContent);
    },
    // Counts what changes in live regions from now on.
    listen() {
      this.said = [];
      this.observer?.disconnect();
      const observer = this.observer = new MutationObserver((changes) => {
        for (const change of changes) {
          const region = (change.target.closest ? change.target : change.target.parentElement)?.closest("[role=status], [role=alert], [role=log], [aria-live=polite], [aria-live=assertive]");
          if (region) this.said.push(region.textContent);
        }
      });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    },
  };
})();
