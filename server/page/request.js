// Requests to the server. They are repeated while it is busy or unreachable; a new one replaces the one before.

/** Something that cannot be done: a sentence for the person who wanted it and, from the server, a reason. */
export class Refusal extends Error {
  constructor(sentence, reason = '') {
    super(sentence);
    this.reason = reason;
  }
}

/**
 * POST the body until the server answers.
 *
 * tell(sentence) is called while the server is busy or unreachable. Resolves to the answer, the round trip in
 * milliseconds, and a message if the server had been unreachable. Throws Refusal, or AbortError.
 */
export async function post(path, body, tell, signal) {
  let message = '';
  for (let wait = 1; ; wait = Math.min(2 * wait, 8)) {
    const began = performance.now();
    const response = await send(path, body, signal);
    if (response?.ok) {
      const ms = performance.now() - began;
      return { answer: await read(response), ms, message };
    }
    if (response && response.status !== 503) throw await refusalOf(response);
    const seconds = Number(response?.headers.get('Retry-After')) || wait;
    const why = response ? 'The server is busy' : 'The server cannot be reached';
    tell(`${why}. Retrying in ${seconds} s.`);
    if (!response) message = 'The server is back.';
    await pause(seconds, signal);
  }
}

/** Return a function that runs job(signal) after aborting the job before. Its refusals are shown in the panel. */
export function latest(panel) {
  let current = new AbortController();
  return async (job) => {
    current.abort();
    const mine = (current = new AbortController());
    panel.expect();
    try {
      await job(mine.signal);
    } catch (error) {
      if (mine.signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      panel.refuse(error.message);
    }
  };
}

async function send(path, body, signal) {
  const isForm = body instanceof FormData;
  const headers = { Accept: 'application/json', ...(isForm ? {} : { 'Content-Type': 'application/json' }) };
  try {
    return await fetch(path, { method: 'POST', headers, body: isForm ? body : JSON.stringify(body), signal });
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

async function read(response) {
  try {
    return await response.json();
  } catch {
    throw new Refusal('The answer arrived incomplete. Try again.');
  }
}

async function refusalOf(response) {
  try {
    const { error, reason } = await response.json();
    return new Refusal(error, reason);
  } catch {
    return new Refusal(`The server answered ${response.status} without an explanation.`);
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, 1000 * seconds);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
