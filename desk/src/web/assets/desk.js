"use strict";

// The browser's side of signing in, answering and enrolling. It decides nothing: the server judges,
// and the passkey signs.

const PATIENCE = 150000;
const SIGNED_OUT = "You are not signed in any more. Reload the page and sign in again.";

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const wait = (time) => new Promise((done) => setTimeout(done, time));

class Problem extends Error {
  constructor({ problem, reason, again }) {
    super(problem);
    Object.assign(this, { reason, again });
  }
}

async function post(address, body) {
  const response = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const type = response.headers.get("content-type") ?? "";
  // A load balancer whose identity provider has to be asked again.
  if (response.status === 401 && !/json|plain/.test(type)) throw new Problem({ problem: SIGNED_OUT });
  const isJson = type === "application/json";
  const reply = isJson ? await response.json() : { problem: await response.text() };
  if (!response.ok) throw new Problem(reply);
  return reply;
}

// Asks a passkey to sign the challenge.
async function sign({ challenge, rpId, credential, seal }) {
  const made = await navigator.credentials.get({
    publicKey: {
      challenge: decode(challenge),
      rpId,
      allowCredentials: credential ? [{ type: "public-key", id: decode(credential) }] : [],
      userVerification: "required",
    },
  });
  return {
    seal,
    credential: encode(made.rawId),
    authenticatorData: encode(made.response.authenticatorData),
    clientDataJSON: encode(made.response.clientDataJSON),
    signature: encode(made.response.signature),
  };
}

function say(place, text, kind = "") {
  const status = place.querySelector(".status");
  status.className = `status ${kind}`;
  status.textContent = text;
}

function explain(error) {
  if (error.name === "NotAllowedError") {
    return "No passkey signed: you cancelled, it took too long, or this device has none that fits.";
  }
  return error instanceof Problem ? error.message : `That did not work: ${error.message}`;
}

// Runs a task with the buttons of its place switched off.
async function busy(place, task) {
  const focused = document.activeElement;
  const buttons = [...place.querySelectorAll("button:enabled")];
  for (const button of buttons) button.disabled = true;
  place.dataset.busy = "";
  try {
    if (!window.PublicKeyCredential) throw new Error("this browser has no passkeys");
    return await task();
  } catch (error) {
    say(place, explain(error), "bad");
    return null;
  } finally {
    for (const button of buttons) button.disabled = false;
    delete place.dataset.busy;
    // A button that is switched off loses the focus.
    const isLost = document.activeElement === document.body;
    if (isLost && place.contains(focused)) focused.focus({ preventScroll: true });
  }
}

function enable(place) {
  for (const button of place.querySelectorAll("button:disabled")) button.disabled = false;
}

async function signIn(place) {
  await busy(place, async () => {
    say(place, "Touch your key.");
    await post("/sign-in", await sign(await post("/sign-in/challenge", {})));
    location.reload();
  });
}

async function answer(form, wanted) {
  const until = Date.now() + PATIENCE;
  const given = await busy(form, async () => {
    for (;;) {
      try {
        say(form, "Asking whether you would count …");
        const asked = await post("/answer/ask", wanted);
        say(form, "You would count. Touch your key.");
        const signed = await sign(asked);
        say(form, "Sending …");
        return await post("/answer/give", signed);
      } catch (error) {
        // What the page said before is out of date.
        if (error.reason) form.closest("[data-attempt]").querySelector(".standing")?.remove();
        if (!error.again || Date.now() > until) throw error;
        say(form, error.message);
        await wait(2000);
      }
    }
  });
  if (!given) return;
  close(form.closest("[data-attempt]"), given.text, "good");
  watch();
}

// An approval that does not wait any more.
function close(card, text, kind) {
  card.dataset.answered = "";
  say(card, text, kind);
  if (card.contains(document.activeElement)) {
    const heading = card.querySelector("h2");
    heading.tabIndex = -1;
    heading.focus();
  }
  const over = ".standing, .facts, label, textarea, .buttons";
  for (const old of card.querySelectorAll(over)) old.remove();
}

async function start(form) {
  const fields = Object.fromEntries(new FormData(form));
  const started = await busy(form, () => post("/start", fields));
  if (!started) return;
  say(form, started.text, "good");
  const link = Object.assign(document.createElement("a"), {
    href: started.page, textContent: started.page,
  });
  form.querySelector(".status").append(" ", link);
  const over = "label, select, p:not(.status), button";
  for (const field of form.querySelectorAll(over)) field.remove();
}

const UNREAD = "The desk cannot read the release at the moment. It tries again.";

// Follows the execution until it has ended.
let watching = false;
async function watch() {
  if (watching) return;
  watching = true;
  for (;;) {
    const progress = document.getElementById("progress");
    if (!progress || progress.dataset.ended === "true") break;
    await wait(Number(progress.dataset.pause) * 1000);
    if (document.hidden) continue;
    const response = await fetch(location.href).catch(() => null);
    if (response?.status === 401) {
      tell("You are not signed in any more. Reload the page to follow on.");
      break;
    }
    if (response?.ok) {
      follow(new DOMParser().parseFromString(await response.text(), "text/html"));
    } else {
      tell(UNREAD);
    }
  }
  watching = false;
}

// The line above the approvals. Screen readers read it out.
function tell(text) {
  const news = document.getElementById("news");
  if (news.textContent !== text) news.textContent = text;
}

const OVER = "It does not wait any more: somebody has answered it, or it has expired.";

// Shows what has changed since the page was made.
function follow(fresh) {
  const [progress, now] = [document, fresh].map((it) => it.getElementById("progress"));
  if (!now) return;
  enable(fresh);
  document.title = fresh.title;
  Object.assign(progress.dataset, now.dataset);
  update(progress, now);
  update(...[document, fresh].map((it) => it.getElementById("released")));
  const cards = (tree) => [...tree.querySelectorAll("#open [data-attempt]")];
  const find = (tree, { dataset }) =>
    cards(tree).find((it) => it.dataset.attempt === dataset.attempt);
  const added = cards(fresh).filter((card) => !find(document, card));
  for (const card of cards(document)) {
    const { answered } = card.dataset;
    // An answer that is on its way says itself what becomes of it.
    if (answered !== undefined || card.querySelector("[data-busy]")) continue;
    const same = find(fresh, card);
    if (same) refresh(card, same);
    else close(card, OVER, "odd");
  }
  for (const card of added) document.getElementById("open").append(document.adoptNode(card));
  const names = added.map((card) => card.querySelector("h2").textContent.trim());
  if (names.length) tell(`Open now: ${names.join(", ")}.`);
  else if (document.getElementById("news").textContent === UNREAD) tell("");
}

// Gives an element the content of a newer one. What is equal stays, so that screen readers read
// only what is new.
function update(old, fresh) {
  const pieces = [...fresh.childNodes];
  for (const [index, piece] of pieces.entries()) {
    const known = old.childNodes[index];
    if (!known) old.append(document.adoptNode(piece));
    else if (known.isEqualNode(piece)) continue;
    else if (known.nodeName === "UL" && piece.nodeName === "UL") update(known, piece);
    else known.replaceWith(document.adoptNode(piece));
  }
  while (old.childNodes.length > pieces.length) old.lastChild.remove();
}

// What is known about an open approval changes. What a person is using stays as it is.
function refresh(card, fresh) {
  const parts = (selector) => [card, fresh].map((it) => it.querySelector(selector));
  for (const selector of [".standing", ".facts"]) {
    const [old, now] = parts(selector);
    if (old && now && !old.contains(document.activeElement)) update(old, now);
  }
  const [old, now] = parts(".buttons");
  const isInUse = card.contains(document.activeElement)
    || card.querySelector("textarea")?.value || card.querySelector(".status")?.textContent;
  if (old && now && !isInUse && !old.isEqualNode(now)) old.replaceWith(document.adoptNode(now));
}

async function enrol(form) {
  const name = form.elements.name.value.trim();
  await busy(form, async () => {
    say(form, "Follow your browser.");
    const random = (length) => crypto.getRandomValues(new Uint8Array(length));
    const { rawId, response } = await navigator.credentials.create({
      publicKey: {
        challenge: random(32),
        rp: { id: form.dataset.rpId, name: "desk" },
        user: { id: random(16), name, displayName: name },
        pubKeyCredParams: [-7, -8].map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: {
          residentKey: "required", requireResidentKey: true, userVerification: "required",
        },
      },
    });
    const { line, keyId } = await post("/enrol", {
      name, credential: encode(rawId), publicKey: encode(response.getPublicKey()),
    });
    document.getElementById("line").textContent = line;
    document.getElementById("key-id").textContent = keyId;
    // Backup eligible (WebAuthn, section 6.1).
    const flags = new Uint8Array(response.getAuthenticatorData())[32];
    document.getElementById("synced").hidden = (flags & 8) === 0;
    document.getElementById("enrolled").hidden = false;
    say(form, "Made. It cannot sign in before the rule has it.", "good");
    document.getElementById("enrolled").scrollIntoView();
  });
}

async function copyText(element) {
  const place = element.closest("section");
  try {
    await navigator.clipboard.writeText(element.textContent);
    say(place, "Copied.");
  } catch {
    say(place, "The browser does not let the page copy. Select the line and copy it.", "bad");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "enrol") {
    event.preventDefault();
    enrol(form);
  } else if (form.classList.contains("start")) {
    event.preventDefault();
    start(form);
  } else if (form.classList.contains("answer")) {
    event.preventDefault();
    const wanted = Object.fromEntries(new FormData(form));
    // Enter in a field answers nothing.
    if (event.submitter) answer(form, { ...wanted, answer: event.submitter.value });
  }
});

document.addEventListener("click", (event) => {
  const { signIn: asks, copy } = event.target.dataset;
  if (asks !== undefined) signIn(document.getElementById("sign-in"));
  if (copy) copyText(document.getElementById(copy));
});

// A link from a mail or a chat comes without the cookie, although the browser has it.
if (document.getElementById("sign-in")) {
  fetch("/session").then((response) => response.status === 204 && location.reload());
}
for (const it of document.querySelectorAll("noscript")) it.remove();
enable(document);
watch();
