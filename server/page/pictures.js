// A model of pictures: one picture is answered in full, several fill a table.
import { ofPicture } from './curl.js';
import { drawing } from './drawing.js';
import { Preview, takeChosen } from './files.js';
import { fitting } from './fitting.js';
import { Panel } from './panel.js';
import { Refusal, latest, post } from './request.js';
import { Table } from './table.js';

export function pictures(section) {
  const { model, size } = section.dataset;
  const panel = new Panel(section);
  const table = new Table(section);
  const preview = new Preview(section);
  const run = latest(panel);

  async function answer(file, signal, isIgnored = () => false) {
    const { picture, note } = await fitting(file);
    const form = new FormData();
    form.append('image_file', picture, 'picture');
    form.append('seen', 'true');
    const result = await post(`predict/${encodeURIComponent(model)}`, form, (sentence) => panel.wait(sentence), signal);
    result.answer.warnings = result.answer.warnings.filter((warning) => !isIgnored(warning));
    const noted = { ...result, note: [note, result.note].filter(Boolean).join(' ') };
    panel.show({ ...noted, curl: note ? '' : ofPicture(model, picture.type || 'image/jpeg', file.name) });
    return noted;
  }

  async function answerAll(files, signal) {
    table.begin();
    for (const [index, file] of files.entries()) {
      table.progress(`Picture ${index + 1} of ${files.length} …`);
      preview.show(file);
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

  // The page chose the drawing's size, so a warning about it is no news to the person.
  const isAboutSize = (warning) => warning.includes(size);

  section.addEventListener('pictures', ({ detail: files }) => {
    table.hide();
    preview.show(files[0]);
    run((signal) => (files.length > 1 ? answerAll(files, signal) : answer(files[0], signal)));
  });
  section.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
  takeChosen(section);
  drawing(section, {
    changed: () => preview.hide(),
    drawn: (file) => run((signal) => answer(file, signal, isAboutSize)),
    cleared: () => run(async () => panel.clear()),
  });
}
