// The entry table: arrows and Enter move, a block from Excel or Word is pasted across cells, what can be computed is
// computed while typing. Works on plain inputs; without script the server computes on the next page.
//
//   table[data-grid]   data-msg-…: uncomputed, bad, negative, too-big, exceeds ({a}, {b}), pasted ({n}), left ({n}), undo
//   input              data-row, data-col; .err in its cell holds its words, made here if the server sent none
//   computed cell      data-row, data-col, data-formula: "a / b × 100" or "a + b" over data-col of the same row;
//                      [data-out] inside it, if any, takes the figure
//   cell of the totals data-total, data-col, data-over-rows (sum latest none derived), data-formula, data-suffix
//   [data-grid-said]   what a paste did, with the button that takes it back
// The rules of reading and adding are those of tracker/plans/figures.py.
(() => {
  "use strict";

  const LARGEST = 1e9;
  const NOTHING = new Set(["khong", "khong co", "khong phat sinh", "-", "–", "—", "−"]);
  const NOT_APPLICABLE = new Set(["khong ap dung", "x"]);

  const fold = (text) =>
    text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d").replace(/\s+/g, " ").trim();

  // → {value: number} | {word: "nothing"|"na"} | {} (blank) | {error: name of the message}
  const readCell = (raw) => {
    const text = raw.replace(/[\u00a0\u202f]/g, " ").trim();
    if (!text) return {};
    const word = fold(text).replace(/\.+$/, "");
    if (NOTHING.has(word)) return { word: "nothing" };
    if (NOT_APPLICABLE.has(word)) return { word: "na" };
    if (/^\d+$/.test(text) || /^\d{1,3}([. ])\d{3}(\1\d{3})*$/.test(text)) {
      const value = Number(text.replace(/[. ]/g, ""));
      return value > LARGEST ? { error: "too-big" } : { value };
    }
    if (/^[-–—−] ?\d/.test(text)) return { error: "negative" };
    return { error: "bad" };
  };

  const quotient = (formula) => /^(\w+) \/ (\w+) × 100$/.exec(formula || "")?.slice(1, 3);
  const terms = (formula) => {
    const parts = (formula || "").split("+").map((t) => t.trim());
    return parts.every((t) => /^\w+$/.test(t)) ? parts : null;
  };

  // Half up to one decimal in whole numbers: 0.05 has no exact form in binary.
  const percent = (part, whole) => {
    if (!whole) return null;
    const scaled = BigInt(part) * 2000n + BigInt(whole);
    return Number(scaled / (BigInt(whole) * 2n)) / 10;
  };

  const whole = new Intl.NumberFormat("de-DE"); // dots between thousands, as Vietnamese offices write
  const tenth = new Intl.NumberFormat("de-DE", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const isNumber = (x) => typeof x === "number";
  const sum = (values) => {
    const numbers = values.filter(isNumber);
    return numbers.length ? numbers.reduce((a, b) => a + b, 0) : null;
  };

  class Grid {
    constructor(table) {
      this.table = table;
      this.said = document.querySelector(table.dataset.said || "[data-grid-said]");
      this.rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((tr) => tr.querySelector("input[data-row]"));
      this.told = new Map(
        [...table.querySelectorAll('input[data-row][aria-invalid="true"]')].map((input) => [input, input.value]),
      );
      table.addEventListener("input", () => this.compute());
      table.addEventListener("tracker:set", () => this.compute());
      table.addEventListener("keydown", (event) => this.move(event));
      table.addEventListener("paste", (event) => this.paste(event));
      table.addEventListener("focusin", (event) => event.target.matches("input[data-row]") && event.target.select());
      this.compute();
    }

    inputs(row) {
      return [...row.querySelectorAll("input[data-row][data-col]")];
    }

    message(name, places = {}) {
      let text = this.table.getAttribute(`data-msg-${name}`) || "";
      for (const [place, value] of Object.entries(places)) text = text.replace(`{${place}}`, value);
      return text;
    }

    // ---- computing

    compute() {
      this.values = new Map(); // row → {column: cell}
      const doubts = new Map(); // input → words
      for (const row of this.rows) {
        const cells = {};
        for (const input of this.inputs(row)) {
          const cell = readCell(input.value);
          cells[input.dataset.col] = cell;
          input.classList.toggle("word", Boolean(cell.word));
          if (cell.error) doubts.set(input, this.message(cell.error));
        }
        for (const td of row.querySelectorAll("[data-formula]")) {
          const pair = quotient(td.dataset.formula);
          if (!pair) continue;
          const [a, b] = pair.map((key) => cells[key]?.value);
          if (!isNumber(a) || !isNumber(b) || a <= b) continue;
          for (const key of pair) {
            const input = row.querySelector(`input[data-col="${CSS.escape(key)}"]`);
            if (input) doubts.set(input, this.message("exceeds", { a: whole.format(a), b: whole.format(b) }));
            cells[key] = { error: "exceeds" };
          }
        }
        this.values.set(row, cells);
        for (const td of row.querySelectorAll("[data-formula]")) this.show(td, this.derive(td.dataset.formula, cells));
      }
      this.mark(doubts);
      for (const td of this.table.querySelectorAll("[data-total][data-col]")) this.show(td, this.total(td.dataset));
    }

    derive(formula, cells) {
      const pair = quotient(formula);
      if (pair) {
        const [a, b] = pair.map((key) => cells[key]?.value);
        return isNumber(a) && isNumber(b) ? { percent: percent(a, b) } : { percent: null };
      }
      const parts = terms(formula);
      if (!parts) return { number: null };
      const all = parts.map((key) => cells[key]);
      const unknown = all.some((cell) => !cell || cell.error || (cell.value === undefined && !cell.word));
      return { number: unknown ? null : sum(all.map((cell) => cell.value)) };
    }

    column(key) {
      const of = (row) => {
        const cells = this.values.get(row);
        if (key in cells) return cells[key].value;
        const td = row.querySelector(`[data-formula][data-col="${CSS.escape(key)}"]`);
        return td ? (this.derive(td.dataset.formula, cells).number ?? undefined) : undefined;
      };
      return this.rows.map(of);
    }

    total({ col, overRows, formula }) {
      if (overRows === "sum") return { number: sum(this.column(col)) };
      if (overRows === "latest") return { number: this.column(col).filter(isNumber).at(-1) ?? null };
      if (overRows !== "derived") return { number: null, none: true };
      const pair = quotient(formula);
      if (pair) {
        const [as, bs] = pair.map((key) => this.column(key));
        const known = as.map((a, i) => [a, bs[i]]).filter(([a, b]) => isNumber(a) && isNumber(b));
        return { percent: known.length ? percent(sum(known.map(([a]) => a)), sum(known.map(([, b]) => b))) : null };
      }
      return { number: sum((terms(formula) || []).map((key) => sum(this.column(key)))) };
    }

    show(td, figure) {
      const out = td.querySelector("[data-out]") || td;
      const missing = td.hasAttribute("data-total") || figure.none ? "" : this.message("uncomputed");
      const suffix = td.dataset.suffix || "";
      const text = isNumber(figure.percent) ? tenth.format(figure.percent)
        : isNumber(figure.number) ? whole.format(figure.number) + suffix
        : missing;
      td.toggleAttribute("data-missing", text === missing && missing !== "");
      if (out.textContent !== text) out.textContent = text;
    }

    mark(doubts) {
      for (const row of this.rows) {
        for (const td of row.querySelectorAll("td")) {
          const inputs = [...td.querySelectorAll("input[data-row]")];
          if (!inputs.length) continue;
          // What only the server can know stays until the cell is changed.
          const told = inputs.some((input) => this.told.get(input) === input.value && !doubts.has(input));
          const words = inputs.map((input) => doubts.get(input)).find(Boolean);
          if (told && !words) continue;
          td.classList.toggle("bad", Boolean(words));
          const place = this.place(td, inputs[0], words);
          if (place) place.textContent = words || "";
          for (const input of inputs) {
            if (words && (doubts.has(input) || inputs.length === 1)) {
              input.setAttribute("aria-invalid", "true");
              input.setAttribute("aria-describedby", place.id);
            } else {
              input.removeAttribute("aria-invalid");
              if (place && input.getAttribute("aria-describedby") === place.id) input.removeAttribute("aria-describedby");
            }
          }
        }
      }
    }

    // The element for a cell's words: the server's own, else one made here.
    place(td, input, words) {
      let place = td.querySelector(".err");
      if (!place && words) {
        place = document.createElement("span");
        place.className = "err";
        place.id = `${input.id || `${input.dataset.row}-${input.dataset.col}`}-loi`;
        td.append(place);
      }
      return place;
    }

    // ---- moving

    move(event) {
      const input = event.target;
      if (!input.matches("input[data-row]") || event.ctrlKey || event.altKey || event.metaKey) return;
      const row = input.closest("tr");
      const inRow = this.inputs(row);
      const at = inRow.indexOf(input);
      const vertical = { ArrowUp: -1, ArrowDown: 1, Enter: event.shiftKey ? -1 : 1 }[event.key];
      let next;
      if (vertical) {
        const other = this.rows[this.rows.indexOf(row) + vertical];
        next = other?.querySelector(`input[data-col="${CSS.escape(input.dataset.col)}"]`);
        event.preventDefault(); // Enter in the last row must not send the form
      } else if (event.key === "ArrowLeft" && input.selectionStart === 0 && (input.selectionEnd === 0 || this.all(input))) {
        next = inRow[at - 1];
      } else if (event.key === "ArrowRight" && input.selectionEnd === input.value.length &&
                 (input.selectionStart === input.value.length || this.all(input))) {
        next = inRow[at + 1];
      }
      if (!next) return;
      event.preventDefault();
      next.focus();
    }

    all(input) {
      return input.selectionStart === 0 && input.selectionEnd === input.value.length;
    }

    // ---- pasting

    paste(event) {
      const start = event.target;
      if (!start.matches("input[data-row]")) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!/[\t\n]/.test(text.replace(/\n$/, "")) && !this.splits(start, text)) return; // one value: as ever
      event.preventDefault();
      const lines = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").map((line) => line.split("\t"));
      const before = new Map();
      let first = this.rows.indexOf(start.closest("tr"));
      const into = this.rows.slice(first, first + lines.length);
      // The column of years came along with the figures.
      if (lines.every((line, i) => line.length > 1 && into[i] && this.label(into[i]) === line[0].trim())) {
        for (const line of lines) line.shift();
      }
      let left = 0;
      lines.forEach((line, i) => {
        left += into[i] ? this.pasteLine(into[i], start, line, before) : line.filter((v) => v.trim()).length;
      });
      for (const input of before.keys()) input.dispatchEvent(new Event("input", { bubbles: true }));
      this.tell(before, left);
    }

    label(row) {
      return row.querySelector("th")?.textContent.trim() ?? "";
    }

    splits(input, text) {
      return input.closest(".pair") !== null && /^\s*[^/]+\/[^/]+\s*$/.test(text);
    }

    // Cells of a row from the starting column on, computed ones included: [inputs of the cell] or [].
    slots(row, start) {
      const cells = [...row.querySelectorAll("td")].map((td) => [...td.querySelectorAll("input[data-row][data-col]")]);
      const at = cells.findIndex((inputs) => inputs.some((input) => input.dataset.col === start.dataset.col));
      const own = cells[at];
      const from = own.findIndex((input) => input.dataset.col === start.dataset.col);
      return [own.slice(from), ...cells.slice(at + 1)];
    }

    pasteLine(row, start, line, before) {
      const slots = this.slots(row, start);
      const places = slots.flat().length;
      const joined = slots.filter((inputs) => inputs.length).length;
      const slashed = line.some((value) => /\d\s*\/\s*\d/.test(value));
      // Does the block bring the computed columns too? It does if it is longer than what is to be typed.
      const withComputed = line.length > (slashed ? joined : places);
      const queue = [];
      slots.forEach((inputs) => {
        if (!inputs.length) {
          if (withComputed) queue.push(null);
        } else if (slashed) queue.push(inputs);
        else queue.push(...inputs.map((input) => [input]));
      });
      let left = 0;
      line.forEach((value, i) => {
        const inputs = queue[i];
        if (inputs === null) return; // computed here anyway
        if (!inputs) {
          if (value.trim()) left += 1;
          return;
        }
        const parts = inputs.length > 1 ? value.split("/") : [value];
        inputs.forEach((input, k) => {
          if (parts[k] === undefined) return;
          if (!before.has(input)) before.set(input, input.value);
          input.value = parts[k].trim();
        });
      });
      return left;
    }

    tell(before, left) {
      if (!this.said) return;
      const words = document.createElement("span");
      words.textContent = this.message("pasted", { n: before.size }) + (left ? ` ${this.message("left", { n: left })}` : "");
      const undo = document.createElement("button");
      undo.type = "button";
      undo.className = "btn s";
      undo.textContent = this.message("undo");
      undo.addEventListener("click", () => {
        for (const [input, value] of before) {
          input.value = value;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }
        before.keys().next().value?.focus();
        this.said.replaceChildren();
      });
      this.said.replaceChildren(words, undo);
    }
  }

  const begin = (root) => {
    for (const table of root.querySelectorAll("table[data-grid]")) table.trackerGrid ??= new Grid(table);
  };
  begin(document);
  document.addEventListener("htmx:after:swap", () => begin(document));
})();
