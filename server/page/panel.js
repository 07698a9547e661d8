// The place where one model's answer appears, and whatever else there is to say.
import { asksAgain } from './curl.js';

export function percent(probability) {
  if (probability > 0 && probability < 0.001) return '< 0.1 %';
  if (probability > 0.999 && probability < 1) return '> 99.9 %';
  return `${(100 * probability).toFixed(1)} %`;
}

export class Panel {
  constructor(section) {
    this.root = section.querySelector('.answer');
    this.labels = JSON.parse(section.dataset.labels);
    this.hint = this.#at('.told').textContent;
    this.curl = asksAgain(this.#at('.curl'));
  }

  tell(sentence) {
    this.root.classList.remove('refused', 'waiting');
    this.#at('.told').textContent = sentence;
  }

  /** A sentence while there is no answer yet; the one before stays, but dimmed. */
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

  /** answer: as the server gave it; ms: how long it took; note: what else is to be said; curl: the same as a command. */
  show({ answer, ms, note, curl }) {
    this.#fill(answer, this.#probabilities(answer));
    this.root.classList.remove('empty');
    this.tell(note);
    this.#at('.took').textContent = `${ms.toFixed(ms < 10 ? 1 : 0)} ms, there and back`;
    this.curl(curl);
  }

  #fill(answer, probabilities) {
    this.#at('.label').textContent = answer.label ?? answer.prediction ?? '';
    this.#at('.sure').textContent = 'probability' in answer ? percent(answer.probability) : '';
    this.#at('.took').textContent = '';
    for (const bar of this.root.querySelectorAll('.bars li')) {
      const probability = probabilities[bar.dataset.label];
      bar.classList.toggle('likeliest', bar.dataset.label === answer.label);
      bar.querySelector('rect').setAttribute('width', 100 * (probability ?? 0));
      bar.querySelector('.percent').textContent = probability === undefined ? '' : percent(probability);
    }
    this.#at('.warnings').replaceChildren(...(answer.warnings ?? []).map(item));
    const seen = this.#at('.seen');
    if (!seen) return;
    seen.hidden = !answer.seen;
    if (answer.seen) seen.querySelector('img').src = answer.seen;
  }

  /** Of each label, where they are known: of two, one says the other. */
  #probabilities({ label, probability, probabilities }) {
    if (probabilities || probability === undefined) return probabilities ?? {};
    const others = this.labels.filter((other) => other !== label);
    return { [label]: probability, ...(others.length === 1 && { [others[0]]: 1 - probability }) };
  }

  #at(place) {
    return this.root.querySelector(place);
  }
}

function item(text) {
  const made = document.createElement('li');
  made.textContent = text;
  return made;
}
