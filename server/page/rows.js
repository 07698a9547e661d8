// A model of rows: the form is one row. It is sent on submit and after every change.
import { ofRow } from './curl.js';
import { Panel } from './panel.js';
import { latest, post } from './request.js';

export function rows(section) {
  const { model } = section.dataset;
  const form = section.querySelector('form');
  const panel = new Panel(section);
  const run = latest(panel);

  const predict = () => run(async (signal) => {
    const row = rowOf(form);
    const result = await post(`predict/${encodeURIComponent(model)}`, row, (sentence) => panel.wait(sentence), signal);
    panel.show({ ...result, curl: ofRow(model, row) });
  });

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    predict();
  });
  form.addEventListener('input', predict);
  section.addEventListener('pictures', () => panel.refuse('This model takes numbers. Choose a model of pictures first.'));
}

/** Return the fields that are not blank. The server says whether the others may be missing. */
function rowOf(form) {
  const fields = [...form.querySelectorAll('.field :is(input, select, textarea)')].filter((field) => field.value !== '');
  return Object.fromEntries(fields.map((field) => [field.name, valueOf(field)]));
}

function valueOf(field) {
  if (field.dataset.kind === 'boolean') return field.value === 'true';
  return field.type === 'number' || field.dataset.kind === 'number' ? Number(field.value) : field.value;
}
