// A model of rows: the form is a row, asked about when it is sent and whenever it changes.
import { ask } from './ask.js';
import { ofRow } from './curl.js';
import { latest } from './latest.js';
import { Panel } from './panel.js';

export function rows(section) {
  const { model } = section.dataset;
  const form = section.querySelector('form');
  const panel = new Panel(section);
  const doing = latest(panel);

  const predict = () => doing(async (signal) => {
    const row = rowOf(form);
    const found = await ask(`/predict/${encodeURIComponent(model)}`, row, (said) => panel.wait(said), signal);
    panel.show({ ...found, curl: ofRow(model, row) });
  });

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    predict();
  });
  form.addEventListener('input', predict);
  section.addEventListener('pictures', () => panel.refuse('This model takes numbers; choose a model of pictures first.'));
}

/** What is left empty is left out: the server says whether it may be. */
function rowOf(form) {
  const fields = [...form.querySelectorAll('.field input')].filter((field) => field.value !== '');
  return Object.fromEntries(fields.map((field) => [field.name, field.type === 'number' ? field.valueAsNumber : field.value]));
}
