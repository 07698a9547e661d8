// A model of pictures: one picture is answered in full, several fill a table.
import { ofPicture } from './curl.js';
import { drawing } from './drawing.js';
import { Preview, takeChosen } from './files.js';
import { fitting, reduced } from './fitting.js';
import { Panel } from './panel.js';
import { Refusal, latest, post } from './request.js';
import { Table } from './table.js';

export function pictures(section) {
  const { model, size } = section.dataset;
  const panel = new Panel(section);
  const table = new Table(section, panel);
  const preview = new Preview(section);
  const run = latest(panel);

  function send(picture, tell, signal) {
    const form = new FormData();
    form.append('image_file', picture, 'picture');
    form.append('seen', 'true');
    return post(`predict/${encodeURIComponent(model)}`, form, tell, signal);
  }

  /** Return what the panel shows for the file. tell(sentence) is called while the server is busy. Throws Refusal. */
  async function ask(file, tell, signal) {
    let sent = await fitting(file);
    let result;
    try {
      result = await send(sent.picture, tell, signal);
    } catch (error) {
      const smaller = error.reason === 'pixels' && !sent.note && await reduced(file);
      if (!smaller) throw error;
      sent = smaller;
      result = await send(sent.picture, tell, signal);
    }
    if (sent.note) result.answer.notes.unshift(sent.note);
    return { ...result, curl: sent.note ? '' : ofPicture(model, sent.picture.type || 'image/jpeg', file.name) };
  }

  const answer = async (file, signal) => panel.show(await ask(file, (sentence) => panel.wait(sentence), signal));

  async function answerDrawing(file, signal) {
    const result = await ask(file, (sentence) => panel.wait(sentence), signal);
    // The page chose the drawing's size, so a note on it is no news to the person.
    result.answer.notes = result.answer.notes.filter((note) => !note.includes(size));
    panel.show(result);
  }

  /** Fill the table; the first picture is also shown in full. A refusal stands in its row, and the next one follows. */
  async function answerAll(files, signal) {
    table.begin(files.length);
    for (const [index, file] of files.entries()) {
      const isFirst = index === 0;
      try {
        const result = await ask(file, (sentence) => (isFirst ? panel.wait(sentence) : table.tell(sentence)), signal);
        if (isFirst) panel.show(result);
        table.answered(file, result);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (isFirst) panel.refuse(error.message);
        table.refused(file, error.message);
      }
    }
  }

  section.addEventListener('pictures', ({ detail: files }) => {
    table.hide();
    panel.clear('');
    preview.show(files[0]);
    run((signal) => (files.length > 1 ? answerAll(files, signal) : answer(files[0], signal)));
  });
  section.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
  takeChosen(section);
  drawing(section, {
    changed: () => {
      table.hide();
      if (preview.isShown) panel.clear('');
      preview.hide();
    },
    drawn: (file) => run((signal) => answerDrawing(file, signal)),
    cleared: () => run(async () => panel.clear()),
  });
}
