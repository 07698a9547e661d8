// The part of a section that shows the model's answer, or a message instead.
import { commandIn } from './curl.js';

const SLOW = 400; // milliseconds until the page says that an answer takes a moment

export function percent(probability) {
  if (probability > 0 && probability < 0.001) return '< 0.1 %';
  if (probability > 0.999 && probability < 1) return '> 99.9 %';
  return `${(100 * probability).toFixed(1)} %`;
}

/** Return why not to trust an answer. All warnings of a row are such reasons. */
export const alarmsOf = ({ alarms, warnings }) => alarms?.map(({ sentence }) => sentence) ?? warnings ?? [];

export class Panel {
  constructor(section, root = section.querySelector('.answer')) {
    this.root = root;
    this.names = new Map(JSON.parse(section.dataset.names)); // what to call the class of each label
    this.targets = JSON.parse(section.dataset.targets);
    this.number = JSON.parse(section.dataset.number);
    this.hint = this.#at('.message').textContent;
    this.slow = 0;
    this.showCommand = commandIn(this.#at('.curl'));
  }

  /** An answer is on its way. The one before stays for a moment, so that nothing flickers while somebody draws. */
  expect() {
    this.slow ||= setTimeout(() => this.wait('One moment …'), SLOW);
  }

  /** Show a sentence until there is an answer. */
  wait(sentence) {
    this.clear(sentence);
    this.root.classList.add('waiting');
  }

  refuse(sentence) {
    this.clear(sentence);
    this.root.classList.add('refused');
  }

  clear(sentence = this.hint) {
    this.#fill({}, {});
    this.root.classList.add('empty');
    this.#tell(sentence);
  }

  /** Show the server's answer, its round trip in milliseconds, a message, and the curl command that repeats it. */
  show({ answer, ms, message, curl }) {
    this.#fill(answer, this.#probabilities(answer));
    this.root.classList.remove('empty');
    this.#tell(message);
    this.#at('.took').textContent = `${ms.toFixed(ms < 10 ? 1 : 0)} ms round trip`;
    this.showCommand(curl);
  }

  /** Return the class or the number that is predicted, or each of several numbers with its name. */
  headline(answer) {
    const { label, prediction = '', alarms } = answer;
    if (this.number && this.number.name in answer) {
      const { name, decimals, unit } = this.number;
      return `${name} ${answer[name].toFixed(decimals)} ${unit}`.trimEnd();
    }
    if (label === null) return alarms.some(({ reason }) => reason === 'inconclusive') ? 'Inconclusive' : 'No answer';
    if (label !== undefined) return this.names.get(label);
    if (!Array.isArray(prediction)) return prediction;
    return this.targets.map((name, place) => `${name} ${prediction[place]}`).join(', ');
  }

  #tell(sentence) {
    clearTimeout(this.slow);
    this.slow = 0;
    this.root.classList.remove('refused', 'waiting');
    this.#at('.message').textContent = sentence;
  }

  #fill(answer, probabilities) {
    this.root.classList.toggle('unanswered', answer.label === null);
    this.#at('.label').textContent = this.headline(answer);
    this.#at('.probability').textContent = beside(answer);
    this.#at('.took').textContent = '';
    const bars = this.root.querySelectorAll('.bars li');
    const shown = this.#shown(probabilities, bars.length);
    for (const [place, bar] of bars.entries()) {
      const label = shown[place];
      const probability = probabilities[label];
      bar.dataset.label = label;
      bar.querySelector('.class').textContent = this.names.get(label);
      bar.classList.toggle('likeliest', label === answer.label);
      bar.querySelector('rect').setAttribute('width', 100 * (probability ?? 0));
      bar.querySelector('.percent').textContent = probability === undefined ? '' : percent(probability);
    }
    fillWith(this.#at('.alarms'), 'p', alarmsOf(answer));
    fillWith(this.#at('.notes'), 'li', answer.notes ?? []);
    const seen = this.#at('.seen');
    if (!seen) return;
    seen.hidden = !answer.seen;
    if (answer.seen) seen.querySelector('img').src = answer.seen;
  }

  /** Return the labels that get a bar: all in their order or, if there are more than bars, the likeliest. */
  #shown(probabilities, bars) {
    const labels = [...this.names.keys()];
    if (labels.length <= bars) return labels;
    return labels.sort((one, other) => (probabilities[other] ?? 0) - (probabilities[one] ?? 0)).slice(0, bars);
  }

  /** Return the known probabilities by label. With two labels, one probability implies the other. */
  #probabilities({ label, probability, probabilities }) {
    if (probabilities || probability == null) return probabilities ?? {};
    const others = [...this.names.keys()].filter((other) => other !== label);
    return { [label]: probability, ...(others.length === 1 && { [others[0]]: 1 - probability }) };
  }

  #at(place) {
    return this.root.querySelector(place);
  }
}

function beside({ score, probability }) {
  if (score !== undefined) return `score ${Number(score.toPrecision(4))}`;
  return probability == null ? '' : percent(probability);
}

/** Show each text in an element of its own. Equal texts stay, so that a screen reader does not repeat them. */
function fillWith(place, tag, texts) {
  if (texts.join('\n') === [...place.children].map((child) => child.textContent).join('\n')) return;
  place.replaceChildren(...texts.map((text) => Object.assign(document.createElement(tag), { textContent: text })));
}
