/** The form that starts a copy: sends the token once, and forgets it. */

/** Makes the form usable and says under it what became of each attempt. */
export function enableStartForm(form: HTMLFormElement): void {
  const fields = form.querySelector('fieldset');
  const disk = form.querySelector('select');
  const token = form.querySelector('input');
  const answer = form.querySelector('.answer');
  if (fields === null || disk === null || token === null || answer === null) return;
  fields.disabled = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const bearer = token.value;
    token.value = '';
    // What cannot stand in a header is no token; the browser would call it a server that does not answer.
    if (!/^[\x21-\x7e]+$/.test(bearer)) {
      answer.textContent = form.dataset.wrong ?? '';
      return;
    }
    fields.disabled = true;
    answer.textContent = '';
    void askForStart(disk.value, bearer)
      .catch(() => form.dataset.unreachable ?? '')
      .then((said) => {
        fields.disabled = false;
        answer.textContent = said;
        token.focus();
      });
  });
}

/** @returns what the server says to it. @throws where it does not answer */
async function askForStart(uuid: string, token: string): Promise<string> {
  const response = await fetch(`/copy?lang=${document.documentElement.lang}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ uuid }),
  });
  const { message } = (await response.json()) as { message: string };
  return message;
}
