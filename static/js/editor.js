// Turns textarea[data-rich] into an editor: bold, italic, lists, undo, paste from Word. The textarea stays the field:
// everything typed is written back to it as clean HTML. Without script it takes plain paragraphs.
//
//   data-tools='{"bold": "Chữ đậm", …}' on the textarea: names of the buttons, translated
//   data-words="{n} chữ" on [data-words-of="<id of the textarea>"]: the word count
(() => {
  "use strict";

  // ---- clean HTML: what the server keeps too

  const RENAME = { B: "strong", I: "em", DIV: "p", H1: "p", H2: "p", H3: "p", H4: "p", H5: "p", H6: "p" };
  const KEEP = new Set(["P", "STRONG", "EM", "UL", "OL", "LI", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "BR", "SUB", "SUP"]);
  const BLOCKS = new Set(["P", "UL", "OL", "LI", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "DIV", "H1", "H2", "H3", "H4", "H5", "H6", "BLOCKQUOTE", "SECTION", "ARTICLE", "HR"]);
  const DROP = new Set(["SCRIPT", "STYLE", "HEAD", "TITLE", "META", "LINK", "OBJECT", "IFRAME", "SVG", "MATH", "TEMPLATE", "IMG", "VIDEO", "AUDIO", "O:P"]);
  const HEADINGS = new Set(["H1", "H2", "H3", "H4", "H5", "H6"]);
  const LARGEST_SPAN = 50;

  // The page's policy would report inline styles and handlers while parsing, although none is kept: they are renamed
  // first, styles so that they can still be read. What is kept is decided by cleanInto alone.
  const INLINE = /(<[a-z][^>]*?[\s/"'])(style|on[a-z]+)(\s*=)/gi;

  const parse = (html) => {
    let text = html.replace(/<(style|script)\b[\s\S]*?(<\/\1\s*>|$)/gi, "");
    for (let before = ""; before !== text; ) {
      before = text;
      text = text.replace(INLINE, "$1data-$2$3");
    }
    return new DOMParser().parseFromString(text, "text/html").body;
  };

  const styleOf = (node) => node.getAttribute?.("data-style") || "";
  const isWordList = (node) => node.nodeName === "P" && /mso-list:\s*l\d/i.test(styleOf(node));

  // What Word draws before an item, "1." or "·", is its own text: taken off, it says which list it was.
  const wordMarker = (node) => {
    let marker = "";
    for (const span of node.querySelectorAll("span")) {
      if (/mso-list:\s*ignore/i.test(styleOf(span))) {
        marker ||= span.textContent.trim();
        span.remove();
      }
    }
    return marker;
  };

  const wordLists = (body) => {
    let list = null;
    for (const node of [...body.querySelectorAll("p")]) {
      if (!isWordList(node)) {
        list = null;
        continue;
      }
      const kind = /^(\d+|[a-zđ]|[ivx]+)[.)]/i.test(wordMarker(node)) ? "ol" : "ul";
      if (!list || list.nodeName !== kind.toUpperCase() || list.nextElementSibling !== node) {
        list = document.createElement(kind);
        node.before(list);
      }
      const item = document.createElement("li");
      item.append(...node.childNodes);
      node.remove();
      list.append(item);
    }
  };

  const emphasised = (node, copy) => {
    const style = styleOf(node);
    const bold = /font-weight:\s*(bold|[6-9]00)/i.test(style) || HEADINGS.has(node.nodeName);
    const italic = /font-style:\s*italic/i.test(style);
    for (const [on, tag] of [[bold, "strong"], [italic, "em"]]) {
      if (!on || !copy.textContent.trim()) continue;
      const wrapper = document.createElement(tag);
      wrapper.append(...copy.childNodes);
      copy.append(wrapper);
    }
  };

  const cleanInto = (from, to) => {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) {
        const text = node.data.replace(/[\t\n\r ]+/g, " ");
        to.append(document.createTextNode(text));
      } else if (node.nodeType === Node.ELEMENT_NODE && !DROP.has(node.nodeName.toUpperCase())) {
        const name = (RENAME[node.nodeName] ?? node.nodeName).toUpperCase();
        const copy = document.createElement(KEEP.has(name) ? name.toLowerCase() : "span");
        if (name === "TD" || name === "TH") {
          for (const span of ["colspan", "rowspan"]) {
            const n = Number.parseInt(node.getAttribute(span), 10);
            if (n > 1 && n <= LARGEST_SPAN) copy.setAttribute(span, String(n));
          }
        }
        cleanInto(node, copy);
        emphasised(node, copy);
        if (!KEEP.has(name) || (["STRONG", "EM"].includes(name) && !copy.textContent.trim())) to.append(...copy.childNodes);
        else if (name === "P" && [...copy.children].some((c) => BLOCKS.has(c.nodeName))) to.append(...copy.childNodes);
        else to.append(copy);
      }
    }
  };

  // Every line stands in a block of its own; empty ones go.
  const intoBlocks = (root) => {
    let open = null;
    for (const node of [...root.childNodes]) {
      if (node.nodeType === Node.ELEMENT_NODE && BLOCKS.has(node.nodeName)) {
        open = null;
        if (node.nodeName === "P" && !node.textContent.trim()) node.remove();
      } else if (node.nodeName === "BR") {
        node.remove();
        open = null;
      } else if (!open && node.nodeType === Node.TEXT_NODE && !node.data.trim()) {
        node.remove();
      } else {
        if (!open) {
          open = document.createElement("p");
          node.before(open);
        }
        open.append(node);
      }
    }
    for (const p of root.querySelectorAll("p")) {
      p.normalize();
      if (p.firstChild?.nodeType === Node.TEXT_NODE) p.firstChild.data = p.firstChild.data.trimStart();
      if (p.lastChild?.nodeType === Node.TEXT_NODE) p.lastChild.data = p.lastChild.data.trimEnd();
    }
    return root;
  };

  const clean = (html) => {
    const body = parse(html);
    wordLists(body);
    const root = document.createElement("div");
    cleanInto(body, root);
    return intoBlocks(root);
  };

  const looksLikeHtml = (text) => /<(p|br|ul|ol|li|table|strong|em|b|i|h[1-6]|blockquote|div|span)\b[^>]*>/i.test(text);

  const fromPlain = (text) => {
    const root = document.createElement("div");
    for (const block of text.replace(/\r\n?/g, "\n").split(/\n[ \t]*\n+|\n/)) {
      if (!block.trim()) continue;
      const p = document.createElement("p");
      p.textContent = block.trim();
      root.append(p);
    }
    return root;
  };

  const read = (text) => (looksLikeHtml(text) ? clean(text) : fromPlain(text));

  // ---- the editor

  const TOOLS = [
    ["bold", "bold", "M5 2.5h4a2.7 2.7 0 010 5.4H5zM5 7.9h4.8a2.8 2.8 0 010 5.6H5z"],
    ["italic", "italic", "M6.5 2.5h5M4.5 13.5h5M9 2.5l-2 11"],
    ["insertUnorderedList", "bullets", "M6 4h7.5M6 8h7.5M6 12h7.5M2.8 4v.1M2.8 8v.1M2.8 12v.1"],
    ["insertOrderedList", "numbers", "M6.5 4h7M6.5 8h7M6.5 12h7M2.3 3.2l1-.7v3M2.2 10.2h1.6l-1.6 2.3h1.7"],
    ["undo", "undo", "M6 4L2.7 7.2 6 10.5M3 7.2h6.2a3.6 3.6 0 010 7.2H7"],
    ["redo", "redo", "M10 4l3.3 3.2L10 10.5M13 7.2H6.8a3.6 3.6 0 000 7.2H9"],
  ];
  const SVG = "http://www.w3.org/2000/svg";

  const picture = (path) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  };

  const enhance = (field) => {
    if (field.hidden) return;
    let names = {};
    try {
      names = JSON.parse(field.dataset.tools || "{}");
    } catch {
      // the buttons then carry no name; nothing else is lost
    }
    const label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
    const frame = document.createElement("div");
    frame.className = "rich";
    const tools = document.createElement("div");
    tools.className = "rich-tools";
    tools.setAttribute("role", "toolbar");
    if (names.toolbar) tools.setAttribute("aria-label", names.toolbar);
    const text = document.createElement("div");
    text.className = "rich-text";
    text.contentEditable = "true";
    text.setAttribute("role", "textbox");
    text.setAttribute("aria-multiline", "true");
    text.lang = "vi";
    if (label) {
      label.id ||= `${field.id}-nhan`;
      text.setAttribute("aria-labelledby", label.id);
      label.addEventListener("click", () => text.focus());
    }
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (field.hasAttribute(name)) text.setAttribute(name, field.getAttribute(name));
    }

    const show = () => text.replaceChildren(...read(field.value).childNodes);

    let written = field.value;
    const count = document.querySelector(`[data-words-of="${CSS.escape(field.id)}"]`);
    const words = () => {
      if (!count) return;
      const n = text.innerText.trim().split(/\s+/).filter(Boolean).length;
      count.textContent = (count.dataset.words || "{n}").replace("{n}", new Intl.NumberFormat("vi").format(n));
    };
    const write = () => {
      const root = clean(text.innerHTML);
      const html = root.textContent.trim() || root.querySelector("table") ? root.innerHTML : "";
      words();
      if (html === written) return;
      written = field.value = html;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };

    const buttons = TOOLS.map(([command, name, path]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(picture(path));
      if (names[name]) {
        button.setAttribute("aria-label", names[name]);
        button.title = names[name];
      }
      if (!["undo", "redo"].includes(command)) button.setAttribute("aria-pressed", "false");
      button.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays in the text
      button.addEventListener("click", () => {
        text.focus();
        document.execCommand(command);
        write();
        pressed();
      });
      tools.append(button);
      return [command, button];
    });
    const pressed = () => {
      if (!text.contains(document.getSelection()?.anchorNode)) return;
      for (const [command, button] of buttons) {
        if (button.hasAttribute("aria-pressed")) {
          button.setAttribute("aria-pressed", String(document.queryCommandState(command)));
        }
      }
    };
    document.addEventListener("selectionchange", pressed);
    // One stop for Tab; the arrows move inside the toolbar.
    buttons.forEach(([, button], i) => {
      button.tabIndex = i ? -1 : 0;
    });
    tools.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = buttons.map(([, button]) => button);
      const at = all.indexOf(document.activeElement);
      const next = all[(at + step + all.length) % all.length];
      for (const button of all) button.tabIndex = button === next ? 0 : -1;
      next.focus();
    });

    text.addEventListener("input", write);
    text.addEventListener("paste", (event) => {
      const html = event.clipboardData?.getData("text/html");
      const plain = event.clipboardData?.getData("text/plain");
      if (!html && !plain) return;
      event.preventDefault();
      const root = html ? clean(html) : fromPlain(plain);
      const blocks = root.children;
      // One paragraph goes into the line where the cursor stands.
      const inline = blocks.length === 1 && blocks[0].nodeName === "P";
      document.execCommand("insertHTML", false, inline ? blocks[0].innerHTML : root.innerHTML);
      write();
    });
    text.addEventListener("drop", (event) => event.preventDefault());
    field.addEventListener("tracker:set", () => {
      written = field.value;
      show();
      words();
    });
    field.addEventListener("invalid", () => text.focus());

    frame.append(tools, text);
    field.after(frame);
    field.hidden = true;
    text.id = `${field.id}-soan`;
    show();
    words();
    document.execCommand("defaultParagraphSeparator", false, "p");
    document.execCommand("styleWithCSS", false, "false");
    // A link from the summary of errors leads to the field's id.
    window.addEventListener("hashchange", () => location.hash === `#${field.id}` && text.focus());
    document.addEventListener("click", (event) => {
      if (event.target.closest?.(`a[href="#${CSS.escape(field.id)}"]`)) {
        event.preventDefault();
        text.focus();
      }
    });
  };

  const begin = (root) => root.querySelectorAll("textarea[data-rich]").forEach(enhance);
  begin(document);
  document.addEventListener("htmx:after:swap", (event) => begin(event.detail?.ctx?.target ?? document));
})();
