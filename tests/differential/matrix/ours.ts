/**
 * Runs the cases of the flag matrix in sandboxes, each with fresh files.
 *
 * @module
 */
import { Sandbox } from "../../../mod.ts";
import { sandboxTree, treeChanges } from "../tree.ts";
import { type Answer, shown, WORK } from "./answer.ts";

const ENV = { LC_ALL: "C", PATH: "/bin", HOME: "/root" };
const USER = 1000;

/** Our answers, in the order of the commands. */
export async function answersOfCapbox(
  setup: string,
  commands: readonly string[],
  user: boolean,
): Promise<Answer[]> {
  if (commands.length === 0) return [];
  await using sandbox = await Sandbox.create(user ? { uid: USER, gid: USER } : {});
  await sandbox.fs.mkdir(WORK);
  await sandbox.sh(setup, { cwd: WORK, env: ENV, stdin: "" });
  const before = await sandboxTree(sandbox, WORK, { attributes: true, asOwner: user });
  const answers: Answer[] = [];
  for (const command of commands) {
    const fork = sandbox.fork();
    const result = await fork.sh(command, { cwd: WORK, stdin: "", timeoutMs: 10_000, env: ENV });
    const changes = treeChanges(
      before,
      await sandboxTree(fork, WORK, { attributes: true, asOwner: user }),
    );
    answers.push([result.code, shown(result.stdout), shown(result.stderr), changes]);
    fork.close();
  }
  return answers;
}
