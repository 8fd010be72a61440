// Made of what a server declares, by build/kinds.ts; e2e/settings-kinds.spec.ts writes it anew
// with BATON_WRITE=1, and fails where it is stale.

export const KINDS = {
  canned_reply: {
    "path":"canned-replies","homes":["workspace","team","agent"],"most":2000,"singleton":false,
    setters: {"own":true,"supervisors":true,"roles":["admin"]},
    fields: {
      languages: {"is":"texts","lines":4},
      notes: {"is":"switch"},
      shortcut: {"is":"text","needed":true,"column":true},
      text: {"is":"lines","most":4096,"lines":4,"needed":true},
      then: {"is":"rows","by":"do","sorts":{"tag":{"tag":{"is":"name","of":"tag","needed":true}},"resolve":{"outcome":{"is":"text","empty":true}},"snooze":{"minutes":{"is":"number","least":1,"most":43200,"needed":true}},"mark_waiting":{}},"most":3},
      title: {"is":"text","most":100,"needed":true,"column":true},
    },
  },
  tag: {
    "path":"tags","homes":["workspace"],"most":500,"singleton":false,
    setters: {"own":false,"supervisors":false,"roles":["supervisor","admin"]},
    fields: {
      colour: {"is":"choice","options":["grey","red","orange","yellow","green","teal","blue","purple"],"or":"grey","column":true},
      group: {"is":"text","most":100,"empty":true},
      lasting: {"is":"switch","column":true},
      merged_into: {"is":"name","of":"tag","empty":true},
      name: {"is":"text","most":100,"needed":true,"column":true},
      one_of_group: {"is":"switch"},
      set_by: {"is":"choice","options":["anyone","supervisors","rules"],"or":"anyone"},
    },
  },
  attribute: {
    "path":"attributes","homes":["workspace"],"most":60,"singleton":false,
    setters: {"own":false,"supervisors":false,"roles":["admin"]},
    fields: {
      hidden_from: {"is":"choices","options":["agent","supervisor","admin"]},
      key: {"is":"text","needed":true,"column":true,"once":true},
      most_chars: {"is":"number","least":1,"most":1000,"empty":true,"when":{"type":["text"]}},
      name: {"is":"text","most":100,"needed":true,"column":true},
      on_card: {"is":"switch"},
      options: {"is":"words","most":100,"when":{"type":["one_of"]}},
      set: {"is":"choice","options":["anyone","supervisors","programs"],"or":"anyone"},
      type: {"is":"choice","options":["text","number","date","yes_no","one_of","link"],"or":"text","column":true,"once":true},
    },
  },
  outcomes: {
    "path":"outcomes","homes":["workspace","team"],"most":1,"singleton":true,
    setters: {"own":false,"supervisors":true,"roles":["admin"]},
    fields: {
      ask: {"is":"choice","options":["never","offered","required"],"or":"never","column":true},
      list: {"is":"rows","parts":{"id":{"is":"id","needed":true},"name":{"is":"text","most":100,"needed":true},"needs_text":{"is":"switch"},"tag":{"is":"name","of":"tag","empty":true}},"most":40},
    },
  },
  team_policy: {
    "path":"team-policies","homes":["team"],"most":1,"singleton":true,
    setters: {"own":false,"supervisors":false,"roles":["admin"]},
    fields: {
      approval: {"is":"names","of":"agent","most":100},
      follow_up: {"is":"part","parts":{"after_open_h":{"is":"number","least":1,"most":1000,"needed":true},"hours":{"is":"name","of":"schedule","empty":true},"then_lead_after_open_h":{"is":"number","least":1,"most":1000,"empty":true}},"empty":true},
      from_queue: {"is":"choice","options":["any","next","offered"],"or":"any"},
      guests: {"is":"choice","options":["anyone","owner_and_supervisors","nobody"],"or":"owner_and_supervisors"},
      handover_note: {"is":"choice","options":["optional","prompted","required"],"or":"optional"},
      undo_s: {"is":"number","least":0,"most":10,"or":0},
    },
  },
  routing: {
    "path":"routings","homes":["team"],"most":1,"singleton":true,
    setters: {"own":false,"supervisors":true,"roles":["admin"]},
    fields: {
      at_once: {"is":"number","least":1,"most":10,"or":3},
      choose: {"is":"choice","options":["longest_idle","round_robin","least_loaded","priority","random"],"or":"longest_idle","column":true},
      excluded: {"is":"names","of":"agent","most":100},
      first: {"is":"names","of":"agent","most":100},
      hand: {"is":"choice","options":["off","offer","assign"],"or":"off","column":true},
      window_s: {"is":"number","least":15,"most":300,"or":45},
    },
  },
  workspace_policy: {
    "path":"workspace-policies","homes":["workspace"],"most":1,"singleton":true,
    setters: {"own":false,"supervisors":false,"roles":["admin"]},
    fields: {
      languages: {"is":"words","most":20},
      quiet: {"is":"span","empty":true},
      time_zone: {"is":"text","most":64,"empty":true},
    },
  },
  schedule: {
    "path":"schedules","homes":["workspace","team","agent"],"most":200,"singleton":false,
    setters: {"own":false,"supervisors":true,"roles":["admin"]},
    fields: {
      days: {"is":"own"},
      name: {"is":"text","most":100,"needed":true,"column":true},
      week: {"is":"own"},
      zone: {"is":"text","most":64,"needed":true,"column":true},
    },
  },
  sla: {
    "path":"slas","homes":["workspace"],"most":50,"singleton":false,
    setters: {"own":false,"supervisors":false,"roles":["admin"]},
    fields: {
      first: {"is":"part","parts":{"hours":{"is":"name","of":"schedule","empty":true},"target_min":{"is":"number","least":1,"most":525600,"needed":true},"warn_at":{"is":"number","least":1,"most":99,"empty":true}},"empty":true},
      name: {"is":"text","most":100,"needed":true,"column":true},
      next: {"is":"part","parts":{"hours":{"is":"name","of":"schedule","empty":true},"target_min":{"is":"number","least":1,"most":525600,"needed":true},"warn_at":{"is":"number","least":1,"most":99,"empty":true}},"empty":true},
      teams: {"is":"names","of":"team","most":100},
    },
  },
  rule: {
    "path":"rules","homes":["workspace"],"most":200,"singleton":false,
    setters: {"own":false,"supervisors":false,"roles":["admin"]},
    fields: {
      after_min: {"is":"number","least":1,"most":525600,"empty":true,"when":{"when":["unanswered","unassigned","idle"]}},
      enabled: {"is":"switch","column":true},
      holds: {"is":"choice","options":["all","any"],"or":"all"},
      hours: {"is":"name","of":"schedule","empty":true,"when":{"when":["unanswered","unassigned","idle"]}},
      if: {"is":"rows","by":"test","sorts":{"text":{"any_of":{"is":"words","most":100,"needed":true},"exactly":{"is":"switch"},"not":{"is":"switch"}},"kind":{"any_of":{"is":"words","most":30,"needed":true},"not":{"is":"switch"}},"channel":{"any_of":{"is":"names","of":"channel","most":100,"needed":true},"not":{"is":"switch"}},"team":{"any_of":{"is":"names","of":"team","most":100,"needed":true},"not":{"is":"switch"}},"owner":{"is":{"is":"choice","options":["queue","agent"],"needed":true}},"status":{"any_of":{"is":"choices","options":["open","waiting","snoozed","resolved"],"most":4,"needed":true},"not":{"is":"switch"}},"tag":{"any_of":{"is":"names","of":"tag","most":100,"needed":true},"not":{"is":"switch"}},"hours":{"not":{"is":"switch"},"schedule":{"is":"name","of":"schedule","needed":true}},"known":{"not":{"is":"switch"}},"from_ad":{"not":{"is":"switch"}}},"most":30},
      name: {"is":"text","most":100,"needed":true,"column":true},
      once: {"is":"choice","options":["always","turn","episode","conversation"],"or":"turn"},
      stop: {"is":"switch"},
      then: {"is":"rows","by":"do","sorts":{"tag":{"tag":{"is":"name","of":"tag","needed":true}},"untag":{"tag":{"is":"name","of":"tag","needed":true}},"note":{"text":{"is":"lines","most":4096,"lines":2,"needed":true}},"reply":{"text":{"is":"lines","most":4096,"lines":3,"needed":true}},"route":{"even_if_owned":{"is":"switch"},"team":{"is":"name","of":"team","needed":true}},"notify":{"whom":{"is":"choice","options":["owner","team"],"needed":true}},"mark_waiting":{},"snooze":{"minutes":{"is":"number","least":1,"most":43200,"needed":true}},"resolve":{}},"most":10,"needed":true},
      when: {"is":"choice","options":["message","first_message","episode_opened","owner_changed","status_changed","tagged","resolved","unanswered","unassigned","idle"],"needed":true,"column":true},
    },
  },
  webhook: {
    "path":"outgoing-webhooks","homes":["workspace"],"most":20,"singleton":false,"secret":true,
    setters: {"own":false,"supervisors":false,"roles":["admin"]},
    fields: {
      channels: {"is":"names","of":"channel","most":100},
      contents: {"is":"switch"},
      events: {"is":"choices","options":["message.received","message.sent","message.failed","conversation.opened","conversation.resolved","conversation.assigned","conversation.tagged","note.added"],"most":20,"needed":true},
      name: {"is":"text","most":100,"needed":true,"column":true},
      numbers: {"is":"switch"},
      teams: {"is":"names","of":"team","most":100},
      url: {"is":"text","most":2048,"needed":true,"column":true},
    },
  },
} as const;
