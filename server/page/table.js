// The table for several pictures: a row each, which opens, and a CSV file of all rows.
import { saveAs } from './files.js';
import { alarmsOf, percent } from './panel.js';
import { Row } from './row.js';

const HEAD = ['picture', 'answer', 'probability', 'alarms', 'notes', 'refusal', 'ms'];

export class Table {
  constructor(section, panel) {
    this.section = section;
    this.panel = panel;
    this.root = section.querySelector('.several');
    this.root.querySelector('.save').addEventListener('click', () => saveAs(this.#file()));
    this.#empty();
  }

  hide() {
    this.root.hidden = true;
    this.#empty();
  }

  begin(count) {
    this.count = count;
    this.root.hidden = false;
    this.#progress();
  }

  tell(sentence) {
    this.root.querySelector('.progress').textContent = sentence;
  }

  answered(file, result) {
    const { answer, ms: time } = result;
    const [headline, alarms, ms] = [this.panel.headline(answer), alarmsOf(answer).join(' '), `${Math.round(time)}`];
    const probability = answer.probability === null ? '' : percent(answer.probability);
    const cells = { answer: headline, probability, alarms, ms };
    this.#add(new Row(this.section, file, cells, (panel) => panel.show(result), answer.seen), [
      file.name, headline, answer.probability ?? '', alarms, answer.notes.join(' '), '', ms,
    ]);
  }

  refused(file, sentence) {
    this.refusals += 1;
    const cells = { answer: 'Refused', probability: '', refusal: sentence, ms: '' };
    this.#add(new Row(this.section, file, cells, (panel) => panel.refuse(sentence)), [
      file.name, '', '', '', '', sentence, '',
    ]);
  }

  #empty() {
    for (const row of this.rows ?? []) row.close();
    this.rows = [];
    this.lines = [];
    this.refusals = 0;
    this.root.querySelector('tbody').replaceChildren();
  }

  #add(row, line) {
    this.rows.push(row);
    this.lines.push(line);
    this.root.querySelector('tbody').append(row.line, row.detail);
    this.#progress();
  }

  #progress() {
    const { length } = this.rows;
    const refused = this.refusals ? `, ${this.refusals} of them refused` : '';
    this.tell(length < this.count ? `Picture ${length + 1} of ${this.count} …` : `${length} pictures${refused}`);
  }

  #file() {
    const lines = [HEAD, ...this.lines].map((line) => `${line.map(cell).join(',')}\r\n`);
    return new File(lines, `${this.section.dataset.model}.csv`, { type: 'text/csv' });
  }
}

function cell(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
