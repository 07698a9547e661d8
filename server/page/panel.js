// The part of a section that shows the model's answer, or a message instead.
import { commandIn } from './curl.js';

export const NO_ANSWER = 'No answer'; // of a picture in which there is nothing to recognise

export function percent(probability) {
  if (probability === null) return '';
  if (probability > 0 && probability < 0.001) return '< 0.1 %';
  if (probability > 0.999 && probability < 1) return '> 99.9 %';
  return `${(100 * probability).toFixed(1)} %`;
}

export class Panel {
  constructor(section) {
    this.root = section.querySelector('.answer');
    this.labels = JSON.parse(section.dataset.labels);
    this.targets = JSON.parse(section.dataset.targets);
    this.hint = this.#at('.message').textContent;
    this.showCommand = commandIn(this.#at('.curl'));
  }

  tell(sentence) {
    this.root.classList.remove('refused', 'waiting');
    this.#at('.message').textContent = sentence;
  }

  /** Show a sentence until there is an answer. The answer before stays visible, dimmed. */
  wait(sentence) {
    this.tell(sentence);
    this.root.classList.add('waiting');
  }

  get isWaiting() {
    return this.root.classList.contains('waiting');
  }

  refuse(sentence) {
    this.clear();
    this.tell(sentence);
    this.root.classList.add('refused');
  }

  clear() {
    this.#fill({}, {});
    this.root.classList.add('empty');
    this.tell(this.hint);
  }

  /** Show the server's answer, its round trip in milliseconds, a note, and the curl command that repeats it. */
  show({ answer, ms, note, curl }) {
    this.#fill(answer, this.#probabilities(answer));
    this.root.classList.remove('empty');
    this.tell(note);
    this.#at('.took').textContent = `${ms.toFixed(ms < 10 ? 1 : 0)} ms round trip`;
    this.showCommand(curl);
  }

  #fill(answer, probabilities) {
    this.#at('.label').textContent = answer.label === null ? NO_ANSWER : answer.label ?? this.#numbers(answer.prediction);
    this.#at('.probability').textContent = beside(answer);
    this.#at('.took').textContent = '';
    const bars = this.root.querySelectorAll('.bars li');
    const shown = this.#shown(probabilities, bars.length);
    for (const [place, bar] of bars.entries()) {
      const label = shown[place];
      const probability = probabilities[label];
      bar.dataset.label = label;
      bar.querySelector('.class').textContent = label;
      bar.classList.toggle('likeliest', label === answer.label);
      bar.querySelector('rect').setAttribute('width', 100 * (probability ?? 0));
      bar.querySelector('.percent').textContent = probability === undefined ? '' : percent(probability);
    }
    this.#at('.warnings').replaceChildren(...(answer.warnings ?? []).map(item));
    const seen = this.#at('.seen');
    if (!seen) return;
    seen.hidden = !answer.seen;
    if (answer.seen) seen.querySelector('img').src = answer.seen;
  }

  /** Return the number that is predicted, or each of several with its name. */
  #numbers(prediction = '') {
    return Array.isArray(prediction) ? this.targets.map((name, place) => `${name} ${prediction[place]}`).join(', ') : prediction;
  }

  /** Return the labels that get a bar: all in their order or, if there are more than bars, the likeliest. */
  #shown(probabilities, bars) {
    if (this.labels.length <= bars) return this.labels;
    return [...this.labels].sort((one, other) => (probabilities[other] ?? 0) - (probabilities[one] ?? 0)).slice(0, bars);
  }

  /** Return the known probabilities by label. With two labels, one probability implies the other. */
  #probabilities({ label, probability, probabilities }) {
    if (probabilities || probability == null) return probabilities ?? {};
    const others = this.labels.filter((other) => other !== label);
    return { [label]: probability, ...(others.length === 1 && { [others[0]]: 1 - probability }) };
  }

  #at(place) {
    return this.root.querySelector(place);
  }
}

function beside(answer) {
  if ('score' in answer) return `score ${Number(answer.score.toPrecision(4))}`;
  return 'probability' in answer ? percent(answer.probability) : '';
}

function item(text) {
  const element = document.createElement('li');
  element.textContent = text;
  return element;
}
