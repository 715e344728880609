// Who is signed in here: a token, kept for this tab or on this computer as the user chose.

const KEY = "redial.token";

let token = null;
let person = null;
const listeners = new Set();

/** Takes a token out of the address (`#token=…`) before anything else sees it, else the one that was kept. */
export function open() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    history.replaceState(null, "", location.pathname + location.search);
    keep(given, false);
  }
  token = given ?? sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

/** Signs in with a token that the server knows. */
export function signIn(given, stay) {
  keep(given, stay);
  token = given;
}

function keep(given, stay) {
  forget();
  (stay ? localStorage : sessionStorage).setItem(KEY, given);
}

function forget() {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

/** Forgets the token; whoever listens is told why. */
export function signOut(why = "") {
  if (!token && !person) return;
  forget();
  token = null;
  person = null;
  listeners.forEach((listener) => listener(why));
}

export const onSignOut = (listener) => listeners.add(listener);
export const bearer = () => token;
export const me = () => person;
export const setMe = (answer) => (person = answer);

/** Whether the role of whoever is signed in may change anything. */
export const mayAct = () => person !== null && person.role !== "viewer";
