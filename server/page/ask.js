// A request to the server, asked again where it is busy or gone, and refused in words.

/** What cannot be done, in a sentence for the person who asked for it. */
export class Refusal extends Error {}

/**
 * The server's answer to a POST, how long it took there and back, in milliseconds, and a note if it had been gone.
 * tell(sentence): called while it is waited for a server that is busy or gone. Throws Refusal, or AbortError.
 */
export async function ask(path, body, tell, signal) {
  let note = '';
  for (let wait = 1; ; wait = Math.min(2 * wait, 8)) {
    const began = performance.now();
    const response = await sent(path, body, signal);
    if (response?.ok) {
      const ms = performance.now() - began;
      return { answer: await read(response), ms, note };
    }
    if (response && response.status !== 503) throw new Refusal(await sentence(response));
    const seconds = Number(response?.headers.get('Retry-After')) || wait;
    const why = response ? 'The server is busy' : 'The server cannot be reached';
    tell(`${why}; asking again in ${seconds} s.`);
    if (!response) note = 'The server is back.';
    await pause(seconds, signal);
  }
}

async function sent(path, body, signal) {
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
    throw new Refusal('The answer did not arrive whole; ask again.');
  }
}

async function sentence(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `The server answered ${response.status}, without saying why.`;
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, 1000 * seconds);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
