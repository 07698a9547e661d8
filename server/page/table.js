// The table for several pictures: a row each, and a CSV file of all rows.
import { saveAs } from './files.js';
import { NO_ANSWER, percent } from './panel.js';

const HEAD = ['picture', 'answer', 'probability', 'warnings', 'ms'];

export class Table {
  constructor(section) {
    this.root = section.querySelector('.several');
    this.name = section.dataset.model;
    this.rows = [];
    this.root.querySelector('.save').addEventListener('click', () => saveAs(this.#file()));
  }

  hide() {
    this.root.hidden = true;
  }

  begin() {
    this.rows = [];
    this.root.hidden = false;
    this.root.querySelector('tbody').replaceChildren();
  }

  progress(sentence) {
    this.root.querySelector('.progress').textContent = sentence;
  }

  answered(name, { answer, ms, note }) {
    const warnings = [...(answer.warnings ?? []), ...(note ? [note] : [])].join(' ');
    this.#add(name, [name, answer.label ?? NO_ANSWER, answer.probability ?? '', warnings, Math.round(ms)], [
      answer.label ?? NO_ANSWER, percent(answer.probability), warnings, `${Math.round(ms)}`,
    ]);
  }

  refused(name, sentence) {
    this.#add(name, [name, '', '', sentence, ''], ['–', '', sentence, '']);
  }

  #file() {
    const lines = [HEAD, ...this.rows].map((row) => `${row.map(cell).join(',')}\r\n`);
    return new File(lines, `${this.name}.csv`, { type: 'text/csv' });
  }

  #add(name, row, shown) {
    this.rows.push(row);
    const line = this.root.querySelector('tbody').insertRow();
    const heading = Object.assign(document.createElement('th'), { scope: 'row', textContent: name });
    line.append(heading);
    for (const [place, text] of shown.entries()) {
      const cell = line.insertCell();
      cell.textContent = text;
      cell.dataset.of = HEAD[place + 1];
    }
  }
}

function cell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
