// A model of pictures: one is answered in full, several fill a table.
import { ask, Refusal } from './ask.js';
import { ofPicture } from './curl.js';
import { takeChosen } from './files.js';
import { fitting } from './fitting.js';
import { Given } from './given.js';
import { latest } from './latest.js';
import { Panel } from './panel.js';
import { isOfForm, sketch } from './sketch.js';
import { Table } from './table.js';

export function pictures(section) {
  const { model } = section.dataset;
  const panel = new Panel(section);
  const table = new Table(section);
  const given = new Given(section);
  const doing = latest(panel);

  async function answer(file, signal, isVain = () => false) {
    const { picture, note } = await fitting(file);
    const form = new FormData();
    form.append('image_file', picture, 'picture');
    form.append('seen', 'true');
    const found = await ask(`/predict/${encodeURIComponent(model)}`, form, (said) => panel.wait(said), signal);
    found.answer.warnings = found.answer.warnings.filter((warning) => !isVain(warning));
    const noted = { ...found, note: [note, found.note].filter(Boolean).join(' ') };
    panel.show({ ...noted, curl: note ? '' : ofPicture(model, picture.type || 'image/jpeg', file.name) });
    return noted;
  }

  async function answerAll(files, signal) {
    table.begin();
    for (const [place, file] of files.entries()) {
      table.progress(`Picture ${place + 1} of ${files.length} …`);
      given.show(file);
      try {
        table.answered(file.name, await answer(file, signal));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        panel.refuse(error.message);
        table.refused(file.name, error.message);
      }
    }
    table.progress(`${files.length} pictures`);
  }

  section.addEventListener('pictures', ({ detail: files }) => {
    table.hide();
    given.show(files[0]);
    doing((signal) => (files.length > 1 ? answerAll(files, signal) : answer(files[0], signal)));
  });
  section.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
  takeChosen(section);
  sketch(section, {
    begun: () => given.hide(),
    drawn: (drawing) => doing((signal) => answer(drawing, signal, isOfForm)),
    cleared: () => doing(async () => panel.clear()),
  });
}
