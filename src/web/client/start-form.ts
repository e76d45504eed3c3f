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
    fields.disabled = true;
    answer.textContent = '';
    void askForStart(disk.value, bearer).then((status) => {
      fields.disabled = false;
      answer.textContent = form.getAttribute(`data-said-${status}`) ?? form.getAttribute('data-said-other');
      token.focus();
    });
  });
}

/** @returns the answer's HTTP status, or `unreachable` */
async function askForStart(uuid: string, token: string): Promise<string> {
  try {
    const response = await fetch('/copy', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ uuid }),
    });
    return String(response.status);
  } catch {
    // Also a token with characters that no header can carry; then it is not the right one.
    return /^[\x21-\x7e]+$/.test(token) ? 'unreachable' : '401';
  }
}
