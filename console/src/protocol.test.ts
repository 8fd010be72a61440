import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const FIXTURES = join(import.meta.dirname, "../../protocol/fixtures");

/** The type of a fixture by the start of its name; REST answers each have one of their own. */
const KINDS: [string, string][] = [
  ["client_frame.", "ClientFrame"],
  ["server_frame.", "ServerFrame"],
  ["command.", "Command"],
  ["command_result.", "CommandResult"],
  ["event.", "Event"],
  ["refusal.", "Refusal"],
  ["setting.", "SettingPut"],
  ["snapshot.", "Snapshot"],
  ["rest.agent.", "Colleague"],
  ["rest.channel.", "Channel"],
  ["rest.team_new.", "TeamNew"],
  ["rest.team_change.", "TeamChange"],
  ["rest.password_set.", "PasswordSet"],
  ["rest.password_change.", "PasswordChange"],
  ["rest.member_put.", "MemberPut"],
  ["rest.channel_new.", "ChannelNew"],
  ["rest.channel_change.", "ChannelChange"],
  ["rest.channel_check.", "ChannelCheck"],
  ["rest.agent_new.", "AgentNew"],
  ["rest.agent_change.", "AgentChange"],
  ["rest.invitation.", "Invitation"],
  ["rest.invitations_new.", "InvitationsNew"],
  ["rest.invitation_made.", "InvitationMade"],
  ["rest.invitation_read.", "InvitationRead"],
  ["rest.invitation_card.", "InvitationCard"],
  ["rest.invitation_accept.", "InvitationAccept"],
  ["rest.command_results.", "CommandResults"],
  ["rest.conversation_page.", "ConversationPage"],
  ["rest.device.", "Device"],
  ["rest.file_address.", "FileAddress"],
  ["rest.line_history.", "LineHistory"],
  ["rest.lines_page.", "LinesPage"],
  ["rest.login.", "Login"],
  ["rest.me.", "Me"],
  ["rest.me_change.", "MeChange"],
  ["rest.problem.", "Problem"],
  ["rest.push_preference.", "PushPreference"],
  ["rest.quarantined.", "Quarantined"],
  ["rest.refresh.", "Refresh"],
  ["rest.session.", "Session"],
  ["rest.snapshot_answer.", "SnapshotAnswer"],
  ["rest.socket_ticket.", "SocketTicket"],
  ["rest.sync_answer.", "SyncAnswer"],
  ["rest.team.", "Team"],
  ["rest.notice_page.", "NoticePage"],
  ["rest.notices_read.", "NoticesRead"],
  ["rest.notices_left.", "NoticesLeft"],
  ["rest.change_page.", "ChangePage"],
  ["rest.kept_drafts.", "KeptDraft[]"],
  ["rest.meta_apps.", "MetaApps"],
  ["rest.meta_app_new.", "MetaAppNew"],
  ["rest.workspace_change.", "WorkspaceChange"],
];

/** What the console does not send or read yet. */
const UNUSED = [
  "outcomes_query",
  "push_device",
  "push_put",
  "push_receipts",
  "push_registered",
  "receipts_taken",
].map((name) => `rest.${name}.json`);

/** Pushes, as services and phones have them; tables and cases of rules; what no server says yet. */
const isOther = (file: string) =>
  /^(?:push|text)\./.test(file) || /\.(?:cases|from_the_future)\.json$/.test(file);
const files = readdirSync(FIXTURES).filter((file) => file.endsWith(".json") && !isOther(file));
const typeOf = (file: string) => KINDS.find(([start]) => file.startsWith(start))?.[1];
const read = (file: string) => readFileSync(join(FIXTURES, file), "utf8");

/** What the compiler says of these values, each against its type: the value's number, the words. */
function complaints(values: { json: string; type: string }[]): [number, string][] {
  const name = join(import.meta.dirname, "fixtures.check.ts");
  const lines = values.map(({ json, type }) => {
    return `export const v: P.${type} = ${JSON.stringify(JSON.parse(json))};`;
  });
  const text = `import type * as P from "./protocol.ts";\n${lines.map((line, n) => line.replace(" v:", ` v${n}:`)).join("\n")}`;
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    types: [],
    lib: ["lib.es5.d.ts"],
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === name || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    path === name
      ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022)
      : getSourceFile(path, ...rest);
  const program = ts.createProgram([name], options, host);
  return ts.getPreEmitDiagnostics(program).map((one) => {
    const at = one.file?.getLineAndCharacterOfPosition(one.start ?? 0).line ?? 0;
    return [at - 1, ts.flattenDiagnosticMessageText(one.messageText, "\n")];
  });
}

test("every fixture has a type, or is named as unused", () => {
  const unknown = files.filter((file) => typeOf(file) === undefined && !UNUSED.includes(file));
  expect(unknown).toEqual([]);
  expect(UNUSED.filter((file) => !files.includes(file))).toEqual([]);
});

test("every fixture has exactly the fields of its type", () => {
  const values = files
    .filter((file) => typeOf(file) !== undefined)
    .map((file) => ({ json: read(file), type: typeOf(file) ?? "" }));
  expect(values.length).toBeGreaterThan(60);
  expect(complaints(values)).toEqual([]);
});

test("a field that is missing, unknown or of another type is seen", () => {
  const claim = read("command.claim.json");
  const wrong = [
    claim.replace('"expect_owner_epoch"', '"expect_epoch"'),
    claim.replace('"claim"', '"clame"'),
    claim.replace(/"expect_owner_epoch": *\d+/, '"expect_owner_epoch": "3"'),
  ];
  for (const json of wrong) expect(json).not.toBe(claim);
  const seen = complaints(wrong.map((json) => ({ json, type: "Command" }))).map(([n]) => n);
  expect([...new Set(seen)].sort()).toEqual([0, 1, 2]);
});
