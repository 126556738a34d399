import { useState } from "preact/hooks";
import { post, Refusal } from "../api";
import { useAct, useTitle } from "../hooks";
import type { Session } from "../types";
import { Input, Trouble } from "../ui";

// The host's hint for a wrong token is for commands.
const ofPage = (it: Refusal): Refusal => it.status !== 401 ? it
  : new Refusal(it.status, it.code, it.message, it.detail, "paste another; below is how to get one");

export function LogIn({ why, done }: { why: string; done: (session: Session) => void }) {
  useTitle("Log in");
  const [token, setToken] = useState("");
  const act = useAct();
  const logIn = (event: Event) => {
    event.preventDefault();
    void act.run(async () => done(await post<Session>("/v1/session", { token: token.trim() })));
  };
  return (
    <main class="login">
      <form onSubmit={logIn}>
        <h1>Muster</h1>
        <p>This host&apos;s dashboard opens with a token.</p>
        {why && !act.refusal && <p class="notice" role="status">Logged out: {why}.</p>}
        <Input label="Token" type="password" name="token" autocomplete="current-password" required
          autofocus spellcheck={false} value={token} set={setToken} />
        <Trouble refusal={act.refusal && ofPage(act.refusal)} />
        <button type="submit" class="main" disabled={act.busy || token.trim() === ""}>Log in</button>
        <details>
          <summary>Where do I get one?</summary>
          <p>On the host&apos;s machine, as the user the host runs as:</p>
          <pre tabIndex={0}><code>muster token create --dir DIR --role viewer</code></pre>
          <p>The roles are viewer, operator and admin. A token is shown once.</p>
        </details>
      </form>
    </main>
  );
}
