"use strict";

// The browser's side of signing in, answering and enrolling. It decides nothing: the server judges,
// and the passkey signs.

const POLL = 3000;
const PATIENCE = 150000;

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
  const isJson = response.headers.get("content-type") === "application/json";
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
  const buttons = [...place.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  try {
    if (!window.PublicKeyCredential) throw new Error("this browser has no passkeys");
    return await task();
  } catch (error) {
    say(place, explain(error), "bad");
    return null;
  } finally {
    for (const button of buttons) button.disabled = false;
  }
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

async function start(form) {
  const fields = Object.fromEntries(new FormData(form));
  const started = await busy(form, () => post("/start", fields));
  if (!started) return;
  say(form, started.text, "good");
  const link = Object.assign(document.createElement("a"), {
    href: started.page, textContent: started.page,
  });
  form.querySelector(".status").append(" ", link);
  for (const field of form.querySelectorAll("label, select, p:not(.status), button")) field.remove();
}

// An approval that does not wait any more.
function close(card, text, kind) {
  card.dataset.answered = "";
  say(card, text, kind);
  for (const old of card.querySelectorAll(".standing, label, textarea, .buttons")) old.remove();
}

// Follows the execution until it has ended. What a person may be typing into stays as it is.
let watching = false;
async function watch() {
  if (watching) return;
  watching = true;
  for (;;) {
    const progress = document.getElementById("progress");
    if (!progress || progress.dataset.ended === "true") break;
    await wait(POLL);
    if (document.hidden) continue;
    const response = await fetch(location.href).catch(() => null);
    if (response?.status === 401) {
      progress.append(Object.assign(document.createElement("p"), {
        textContent: "You are not signed in any more. Reload the page to follow on.",
      }));
      break;
    }
    if (response?.ok) follow(new DOMParser().parseFromString(await response.text(), "text/html"));
  }
  watching = false;
}

function follow(fresh) {
  const progress = fresh.getElementById("progress");
  if (progress && progress.innerHTML !== document.getElementById("progress").innerHTML) {
    document.getElementById("progress").replaceWith(document.adoptNode(progress));
  } else if (progress) {
    document.getElementById("progress").dataset.ended = progress.dataset.ended;
  }
  const open = document.getElementById("open");
  const find = (tree, id) => tree.querySelector(`[data-attempt="${CSS.escape(id)}"]`);
  for (const card of open.querySelectorAll("[data-attempt]")) {
    const { attempt, answered } = card.dataset;
    if (answered === undefined && !find(fresh, attempt)) {
      close(card, "It does not wait any more: somebody has answered it, or it has expired.", "odd");
    }
  }
  for (const card of fresh.querySelectorAll("#open [data-attempt]")) {
    if (!find(document, card.dataset.attempt)) open.append(document.adoptNode(card));
  }
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
  if (copy) navigator.clipboard.writeText(document.getElementById(copy).textContent);
});

// A link from a mail or a chat comes without the cookie, although the browser has it.
if (document.getElementById("sign-in")) {
  fetch("/session").then((response) => response.status === 204 && location.reload());
}
watch();
