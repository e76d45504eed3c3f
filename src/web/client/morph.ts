/** Makes an element's content say something new and touches only what differs. */

/**
 * Replaces the content of an element by markup from the server. What stays the same stays the same node: the
 * reader's focus, selection and scrolling survive, and a bar moves instead of beginning again.
 */
export function morphContent(element: Element, markup: string): void {
  const template = document.createElement('template');
  template.innerHTML = markup;
  morphChildren(element, template.content);
}

function morphChildren(from: ParentNode & Node, to: ParentNode & Node): void {
  const wanted = [...to.childNodes];
  const present = [...from.childNodes];
  wanted.forEach((node, index) => {
    const old = present[index];
    if (old === undefined) from.appendChild(node);
    else morphNode(old, node);
  });
  for (const old of present.slice(wanted.length)) old.remove();
}

function morphNode(old: ChildNode, wanted: ChildNode): void {
  if (old instanceof Element && wanted instanceof Element && old.tagName === wanted.tagName) {
    morphAttributes(old, wanted);
    morphChildren(old, wanted);
  } else if (old instanceof Text && wanted instanceof Text) {
    // Writing the same text again would end a selection.
    if (old.data !== wanted.data) old.data = wanted.data;
  } else {
    old.replaceWith(wanted);
  }
}

function morphAttributes(old: Element, wanted: Element): void {
  for (const { name } of [...old.attributes]) {
    if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
