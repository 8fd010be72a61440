import { expect, test } from "vitest";
import { linesOf, tableOf } from "./table.ts";

const teams = new Map([
  ["Sales", "s"],
  ["Night, late", "n"],
]);
const [sales, night] = [
  { team_id: "s", kind: "member" },
  { team_id: "n", kind: "supervisor" },
];

test("a table of a spreadsheet is read, whatever separates its cells", () => {
  for (const text of [
    '\uFEFFEmail,Name,Role,Teams\r\nBen@a.example,"Ben ""B"" Ode",Supervisor,"Sales|Night, late:supervisor"\r\n\r\neva@a.example, Eva\r\n',
    'email;name;role;teams\nben@a.example;Ben "B" Ode;supervisor;Sales | Night, late:supervisor\n\neva@a.example;Eva;;',
    'email\tname\trole\tteams\nben@a.example\tBen "B" Ode\tsupervisor\tSales|Night, late:supervisor\n\neva@a.example\tEva',
  ]) {
    const { people, wrong } = tableOf(text, teams);
    expect(wrong).toEqual([]);
    expect(people).toEqual([
      {
        line: 2,
        person: {
          email: "ben@a.example",
          name: 'Ben "B" Ode',
          role: "supervisor",
          capacity: null,
          teams: [sales, night],
        },
      },
      {
        line: 4,
        person: { email: "eva@a.example", name: "Eva", role: "agent", capacity: null, teams: [] },
      },
    ]);
  }
});

test("every line that is wrong is named, and what is wrong with it", () => {
  const text = [
    "email,name,role,teams,capacity",
    "good@a.example,Good,agent,Sales,5",
    "no address,X",
    "b@a.example, ",
    "c@a.example,C,boss",
    "d@a.example,D,agent,Sals",
    "e@a.example,E,agent,Sales:supervisor",
    "f@a.example,F,agent,Sales,many",
    "g@a.example,G,agent,Sales,5,6",
    "GOOD@a.example,Again",
  ].join("\n");
  const { people, wrong } = tableOf(text, teams);
  expect(people.map(({ line }) => line)).toEqual([2]);
  expect(wrong.map(({ line, problem }) => [line, problem.at])).toEqual([
    [3, "email"],
    [4, "name"],
    [5, "role"],
    [6, "team"],
    [7, "supervisor"],
    [8, "capacity"],
    [9, "cells"],
    [10, "twice"],
  ]);
});

test("what is no table says why", () => {
  const many = Array.from({ length: 201 }, (_, n) => `p${n}@a.example,P`).join("\n");
  for (const [text, at] of [
    ["", "empty"],
    ["email,name", "empty"],
    ["name\nBen", "missing"],
    ["email,name,age\n", "column"],
    ['email,name\n"ben@a.example', "quotes"],
    [`email,name\n${many}`, "too_many"],
  ] as const) {
    expect(tableOf(text, teams).wrong.map(({ problem }) => problem.at)).toEqual([at]);
  }
});

test("rows that the server refuses are named by their lines", () => {
  const { people } = tableOf("email,name\n\na@a.example,A\nb@a.example,B", teams);
  const rows = [{ row: 2, field: "email", problem: "is an agent already" }];
  expect(linesOf(people, rows)).toEqual([{ line: 4, problem: "is an agent already" }]);
});

test("a name whose letters were lost is invited by nobody", () => {
  for (const name of ["Jos\uFFFD N\uFFFD\uFFFDez", "Jos\u0090"]) {
    const { people, wrong } = tableOf(`email,name\njose@a.example,${name}`, teams);
    expect(people).toEqual([]);
    expect(wrong).toEqual([{ line: 2, problem: { at: "letters" } }]);
  }
});
