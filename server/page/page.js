// Where the page begins to live: every model's part gets what it needs.
import { catchFiles } from './files.js';
import { pictures } from './pictures.js';
import { rows } from './rows.js';
import { chosen, chooseByAddress } from './tabs.js';

document.documentElement.classList.add('script');
for (const section of document.querySelectorAll('.model')) (section.dataset.takes === 'row' ? rows : pictures)(section);
if (chosen()) { // the page of a refusal has no model
  chooseByAddress();
  catchFiles(chosen);
}
