/** What graph objects need to know of sessions: how to find the default one and run in it. */

import { ValueError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { type OpenScope, openScope } from "./scope.ts";

/** Pairs of what is fed and its value, or an object keyed by tensor name. */
export type Feeds = Iterable<readonly [unknown, unknown]> | { readonly [name: string]: unknown };

/** A session as graph objects see it. */
export interface RunnableSession {
  readonly graph: Graph;
  run(fetches: unknown, feeds?: Feeds): Promise<unknown>;
  runSync(fetches: unknown, feeds?: Feeds): unknown;
}

const sessions: RunnableSession[] = [];

/** The innermost default session, or null. */
export function getDefaultSession(): RunnableSession | null {
  return sessions.at(-1) ?? null;
}

/** Makes a session the default until the scope closes. */
export function pushDefaultSession(session: RunnableSession): OpenScope {
  const depth = sessions.length;
  sessions.push(session);
  return openScope(
    "the default session",
    () => {
      sessions.length = depth;
    },
    "Nesting violated for default stack of <class 'tensorflow.python.client.session.Session'> objects",
  );
}

/** The session that `eval` and `run` use; errors say which of the three cases went wrong. */
export function resolveSession(
  graph: Graph,
  session: RunnableSession | undefined,
  kind: "tensor" | "operation",
): RunnableSession {
  const isTensor = kind === "tensor";
  const purpose = isTensor ? "evaluate tensor" : "execute operation";
  const owner = isTensor ? "tensor's" : "operation's";
  const call = isTensor ? "eval" : "run";
  if (session) {
    if (session.graph === graph) return session;
    throw new ValueError(
      `Cannot use the given session to ${purpose}: the ${owner} graph is different from the session's graph.`,
    );
  }
  const found = getDefaultSession();
  if (!found) {
    const advice = isTensor ? "`with sess.as_default()`" : "`with sess.as_default():`";
    throw new ValueError(
      `Cannot ${purpose} using \`${call}()\`: No default session is registered. Use ${advice} or pass an explicit session to \`${call}(session=sess)\``,
      `Use \`using sess = tf.session()\` or pass \`{ session }\` to ${call}.`,
    );
  }
  if (found.graph !== graph) {
    const explicit = isTensor ? "`eval(session=sess)`" : "run(session=sess)";
    throw new ValueError(
      `Cannot use the default session to ${purpose}: the ${owner} graph is different from the session's graph. Pass an explicit session to ${explicit}.`,
    );
  }
  return found;
}
