// Canned replies at the composer, the picker of tags, outcomes, and what can be taken back. Loaded
// with the parts that say it, in all languages at once.

import type { Language } from "./index.svelte.ts";
import { isolate } from "./isolate.ts";
import { plural } from "./plural.ts";

type Hours = "morning" | "afternoon" | "evening";

export interface ToolWords {
  canned: {
    title: string;
    none: (find: string) => string;
    empty: string;
    reads: (name: string) => string;
    inNote: string;
    asWritten: string;
    language: string;
    keys: string;
    blanks: (count: number) => string;
    left: (count: number, name: string) => string;
    home: { workspace: string; agent: string };
    greeting: Record<Hours, string>;
    names: { customer: string; agent: string; number: string };
    then: {
      title: string;
      tag: (name: string) => string;
      resolve: string;
      resolveAs: (name: string) => string;
      snooze: (time: string) => string;
      wait: string;
      leave: (step: string) => string;
    };
    with: { buttons: string; file: string; leave: string };
    uses: { column: string; lately: (count: number) => string; never: string };
  };
  tags: {
    find: string;
    none: (find: string) => string;
    empty: string;
    most: string;
    lasting: string;
    bySupervisors: string;
    byRules: string;
    also: (name: string) => string;
    takes: (names: string[]) => string;
    keys: string;
  };
  resolve: { title: string; required: string; offered: string; more: string; needed: string };
  undo: { waits: string; leaves: (seconds: number) => string; back: string; now: string };
  fields: {
    title: string;
    none: string;
    edit: string;
    yes: string;
    no: string;
    less: string;
    more: (count: number) => string;
    add: (name: string) => string;
    change: (name: string, value: string) => string;
    saved: (name: string) => string;
    wrong: { text: (most: number) => string; number: string; date: string; yes_no: string; one_of: string; link: string };
  };
  language: { title: string; asHeard: string; heard: (name: string) => string; set: string };
  merge: {
    ask: string;
    undo: string;
    title: (name: string) => string;
    into: string;
    carry: (count: number) => string;
    more: (count: string) => string;
    users: (count: number) => string;
    kept: string;
    counts: (from: string, into: string) => string;
    go: string;
  };
  /** The title of those that ended. */
  episodes: string;
}

const count = {
  en: plural("en"),
  es: plural("es"),
  pt: plural("pt"),
  ar: plural("ar"),
};

export const toolWords: Record<Language, ToolWords> = {
  en: {
    canned: {
      title: "Canned replies",
      none: (find) => `No canned reply fits “${find}”.`,
      empty: "No canned replies yet. They are written in the settings.",
      reads: (name) => `${name} will read`,
      inNote: "The note will say",
      asWritten: "As written",
      language: "Language of the reply",
      keys: "↑ ↓ choose · ↵ insert · Tab language · Esc close",
      blanks: (n) => count.en(n, { one: "1 blank", other: `${n} blanks` }),
      left: (n, name) => {
        const left = count.en(n, { one: "1 blank is left", other: `${n} blanks are left` });
        return `${left}: ${name}. Send waits for it.`;
      },
      home: { workspace: "All", agent: "Mine" },
      greeting: { morning: "Good morning", afternoon: "Good afternoon", evening: "Good evening" },
      names: { customer: "Customer’s name", agent: "My name", number: "Name of the number" },
      then: {
        title: "Then:",
        tag: (name) => `tag ${name}`,
        resolve: "resolve",
        resolveAs: (name) => `resolve as ${name}`,
        snooze: (time) => `snooze for ${time}`,
        wait: "wait for the customer",
        leave: (step) => `Leave out: ${step}`,
      },
      with: { buttons: "With the buttons:", file: "With the file:", leave: "Leave it out" },
      uses: {
        column: "Used in 30 days",
        lately: (n) => count.en(n, { one: "once", other: `${n} times` }),
        never: "never used",
      },
    },
    tags: {
      find: "Find a tag",
      none: (find) => `No tag fits “${find}”.`,
      empty: "No tags yet. A tag says what this is about.",
      most: "32 tags are the most.",
      lasting: "stays",
      bySupervisors: "set by supervisors",
      byRules: "set by rules",
      also: (name) => `also “${name}”`,
      takes: (names) => `takes ${names.join(", ")} off`,
      keys: "↑ ↓ choose · Space put on or off · ↵ put on or off and close",
    },
    resolve: {
      title: "How does it end?",
      required: "Your team wants to know.",
      offered: "You may leave it open.",
      more: "More about it (optional)",
      needed: "Say more about it",
    },
    undo: {
      waits: "Your message waits: you can take it back.",
      leaves: (seconds) => `Leaves in ${seconds} s`,
      back: "Undo",
      now: "Send now",
    },
    fields: {
      title: "Fields",
      none: "Not known",
      edit: "Change",
      yes: "Yes",
      no: "No",
      less: "Less",
      more: (n) => count.en(n, { one: "1 more field", other: `${n} more fields` }),
      add: (name) => `Add ${name}`,
      change: (name, value) => `${name}: ${value}. Change it`,
      saved: (name) => `${name} was changed`,
      wrong: {
        text: (most) => `1 to ${most} characters`,
        number: "A number, as 12.5",
        date: "A day of the calendar",
        yes_no: "Yes or no",
        one_of: "One of the choices",
        link: "An address that begins with https://",
      },
    },
    language: {
      title: "Language",
      asHeard: "Not known",
      heard: (name) => `${name} (heard)`,
      set: "The language was changed",
    },
    merge: {
      ask: "Merge…",
      undo: "Undo the merge",
      title: (name) => `Merge “${name}”`,
      into: "Into",
      carry: (n) => count.en(n, { one: "1 conversation carries it.", other: `${n} conversations carry it.` }),
      more: (n) => `More than ${n} conversations carry it.`,
      users: (n) => count.en(n, { one: "1 setting names it.", other: `${n} settings name it.` }),
      kept: "Nothing is rewritten: the merge can be undone.",
      counts: (from, into) =>
        `“${from}” counts as “${into}” at once, in lists, rules and reports. Nothing is rewritten: the merge can be undone.`,
      go: "Merge",
    },
    episodes: "Last time",
  },
  es: {
    canned: {
      title: "Respuestas rápidas",
      none: (find) => `Ninguna respuesta rápida coincide con «${find}».`,
      empty: "Aún no hay respuestas rápidas. Se escriben en los ajustes.",
      reads: (name) => `${name} leerá`,
      inNote: "La nota dirá",
      asWritten: "Original",
      language: "Idioma de la respuesta",
      keys: "↑ ↓ elegir · ↵ insertar · Tab idioma · Esc cerrar",
      blanks: (n) => count.es(n, { one: "1 hueco", other: `${n} huecos` }),
      left: (n, name) => {
        const left = count.es(n, { one: "Queda 1 hueco", other: `Quedan ${n} huecos` });
        return `${left}: ${name}. Hasta entonces no se envía.`;
      },
      home: { workspace: "Todos", agent: "Mía" },
      greeting: { morning: "Buenos días", afternoon: "Buenas tardes", evening: "Buenas noches" },
      names: { customer: "Nombre del cliente", agent: "Mi nombre", number: "Nombre del número" },
      then: {
        title: "Después:",
        tag: (name) => `etiquetar ${name}`,
        resolve: "resolver",
        resolveAs: (name) => `resolver como ${name}`,
        snooze: (time) => `posponer ${time}`,
        wait: "esperar al cliente",
        leave: (step) => `Omitir: ${step}`,
      },
      with: { buttons: "Con los botones:", file: "Con el archivo:", leave: "Omitirlo" },
      uses: {
        column: "Usada en 30 días",
        lately: (n) => count.es(n, { one: "1 vez", other: `${n} veces` }),
        never: "nunca",
      },
    },
    tags: {
      find: "Buscar una etiqueta",
      none: (find) => `Ninguna etiqueta coincide con «${find}».`,
      empty: "Aún no hay etiquetas. Una etiqueta dice de qué se trata.",
      most: "32 etiquetas son el máximo.",
      lasting: "permanece",
      bySupervisors: "la ponen los supervisores",
      byRules: "la ponen las reglas",
      also: (name) => `también «${name}»`,
      takes: (names) => `quita ${names.join(", ")}`,
      keys: "↑ ↓ elegir · Espacio poner o quitar · ↵ poner o quitar y cerrar",
    },
    resolve: {
      title: "¿Cómo termina?",
      required: "Su equipo quiere saberlo.",
      offered: "Puede dejarlo sin indicar.",
      more: "Más detalles (opcional)",
      needed: "Cuente algo más",
    },
    undo: {
      waits: "El mensaje espera: aún puede deshacerlo.",
      leaves: (seconds) => `Sale en ${seconds} s`,
      back: "Deshacer",
      now: "Enviar ya",
    },
    fields: {
      title: "Datos",
      none: "Sin dato",
      edit: "Cambiar",
      yes: "Sí",
      no: "No",
      less: "Menos",
      more: (n) => count.es(n, { one: "1 dato más", other: `${n} datos más` }),
      add: (name) => `Añadir ${name}`,
      change: (name, value) => `${name}: ${value}. Cambiarlo`,
      saved: (name) => `${name}: cambiado`,
      wrong: {
        text: (most) => `De 1 a ${most} caracteres`,
        number: "Un número, como 12,5",
        date: "Un día del calendario",
        yes_no: "Sí o no",
        one_of: "Una de las opciones",
        link: "Una dirección que empiece por https://",
      },
    },
    language: {
      title: "Idioma",
      asHeard: "Sin reconocer",
      heard: (name) => `${name} (reconocido)`,
      set: "Se cambió el idioma",
    },
    merge: {
      ask: "Combinar…",
      undo: "Deshacer la combinación",
      title: (name) => `Combinar «${name}»`,
      into: "Con",
      carry: (n) => count.es(n, { one: "1 conversación la lleva.", other: `${n} conversaciones la llevan.` }),
      more: (n) => `Más de ${n} conversaciones la llevan.`,
      users: (n) => count.es(n, { one: "1 ajuste la nombra.", other: `${n} ajustes la nombran.` }),
      kept: "No se reescribe nada: se puede deshacer.",
      counts: (from, into) =>
        `«${from}» cuenta enseguida como «${into}» en listas, reglas e informes. No se reescribe nada: se puede deshacer.`,
      go: "Combinar",
    },
    episodes: "La última vez",
  },
  pt: {
    canned: {
      title: "Respostas rápidas",
      none: (find) => `Nenhuma resposta rápida corresponde a “${find}”.`,
      empty: "Ainda não há respostas rápidas. Elas são escritas nas configurações.",
      reads: (name) => `${name} vai ler`,
      inNote: "A nota vai dizer",
      asWritten: "Original",
      language: "Idioma da resposta",
      keys: "↑ ↓ escolher · ↵ inserir · Tab idioma · Esc fechar",
      blanks: (n) => count.pt(n, { one: "1 lacuna", other: `${n} lacunas` }),
      left: (n, name) => {
        const left = count.pt(n, { one: "Falta 1 lacuna", other: `Faltam ${n} lacunas` });
        return `${left}: ${name}. Até lá, nada é enviado.`;
      },
      home: { workspace: "Todos", agent: "Minha" },
      greeting: { morning: "Bom dia", afternoon: "Boa tarde", evening: "Boa noite" },
      names: { customer: "Nome do cliente", agent: "Meu nome", number: "Nome do número" },
      then: {
        title: "Depois:",
        tag: (name) => `etiquetar ${name}`,
        resolve: "resolver",
        resolveAs: (name) => `resolver como ${name}`,
        snooze: (time) => `adiar ${time}`,
        wait: "esperar o cliente",
        leave: (step) => `Deixar de fora: ${step}`,
      },
      with: { buttons: "Com os botões:", file: "Com o arquivo:", leave: "Deixar de fora" },
      uses: {
        column: "Usada em 30 dias",
        lately: (n) => count.pt(n, { one: "1 vez", other: `${n} vezes` }),
        never: "nunca",
      },
    },
    tags: {
      find: "Procurar uma etiqueta",
      none: (find) => `Nenhuma etiqueta corresponde a “${find}”.`,
      empty: "Ainda não há etiquetas. Uma etiqueta diz de que se trata.",
      most: "32 etiquetas são o máximo.",
      lasting: "permanece",
      bySupervisors: "posta pelos supervisores",
      byRules: "posta pelas regras",
      also: (name) => `também “${name}”`,
      takes: (names) => `tira ${names.join(", ")}`,
      keys: "↑ ↓ escolher · Espaço pôr ou tirar · ↵ pôr ou tirar e fechar",
    },
    resolve: {
      title: "Como termina?",
      required: "A sua equipe quer saber.",
      offered: "Pode ficar sem resposta.",
      more: "Mais detalhes (opcional)",
      needed: "Conte um pouco mais",
    },
    undo: {
      waits: "A mensagem espera: ainda dá para desfazer.",
      leaves: (seconds) => `Sai em ${seconds} s`,
      back: "Desfazer",
      now: "Enviar já",
    },
    fields: {
      title: "Dados",
      none: "Sem dado",
      edit: "Mudar",
      yes: "Sim",
      no: "Não",
      less: "Menos",
      more: (n) => count.pt(n, { one: "Mais 1 dado", other: `Mais ${n} dados` }),
      add: (name) => `Acrescentar ${name}`,
      change: (name, value) => `${name}: ${value}. Mudar`,
      saved: (name) => `${name}: mudado`,
      wrong: {
        text: (most) => `De 1 a ${most} caracteres`,
        number: "Um número, como 12,5",
        date: "Um dia do calendário",
        yes_no: "Sim ou não",
        one_of: "Uma das opções",
        link: "Um endereço que comece com https://",
      },
    },
    language: {
      title: "Idioma",
      asHeard: "Não reconhecido",
      heard: (name) => `${name} (reconhecido)`,
      set: "O idioma foi mudado",
    },
    merge: {
      ask: "Juntar…",
      undo: "Desfazer a junção",
      title: (name) => `Juntar “${name}”`,
      into: "Com",
      carry: (n) => count.pt(n, { one: "1 conversa tem esta etiqueta.", other: `${n} conversas têm esta etiqueta.` }),
      more: (n) => `Mais de ${n} conversas têm esta etiqueta.`,
      users: (n) => count.pt(n, { one: "1 configuração a cita.", other: `${n} configurações a citam.` }),
      kept: "Nada é reescrito: pode ser desfeito.",
      counts: (from, into) =>
        `“${from}” conta logo como “${into}” em listas, regras e relatórios. Nada é reescrito: pode ser desfeito.`,
      go: "Juntar",
    },
    episodes: "Da última vez",
  },
  ar: {
    canned: {
      title: "الردود الجاهزة",
      none: (find) => `لا يوجد رد جاهز يطابق «${isolate(find)}».`,
      empty: "لا توجد ردود جاهزة بعد. تُكتب في الإعدادات.",
      reads: (name) => `سيقرأ ${name}`,
      inNote: "ستقول الملاحظة",
      asWritten: "كما كُتب",
      language: "لغة الرد",
      keys: "↑ ↓ اختيار · ↵ إدراج · Tab اللغة · Esc إغلاق",
      blanks: (n) =>
        count.ar(n, { one: "فراغ واحد", two: "فراغان", few: `${n} فراغات`, other: `${n} فراغًا` }),
      left: (n, name) => {
        const left = count.ar(n, {
          one: "بقي فراغ واحد",
          two: "بقي فراغان",
          few: `بقيت ${n} فراغات`,
          other: `بقي ${n} فراغًا`,
        });
        return `${left}: ${isolate(name)}. لا يُرسل شيء قبل ملئه.`;
      },
      home: { workspace: "الجميع", agent: "ردّي" },
      greeting: { morning: "صباح الخير", afternoon: "مساء الخير", evening: "مساء الخير" },
      names: { customer: "اسم العميل", agent: "اسمي", number: "اسم الرقم" },
      then: {
        title: "ثم:",
        tag: (name) => `وسم ${isolate(name)}`,
        resolve: "إنهاء",
        resolveAs: (name) => `إنهاء بنتيجة ${isolate(name)}`,
        snooze: (time) => `تأجيل ${time}`,
        wait: "انتظار العميل",
        leave: (step) => `ترك: ${isolate(step)}`,
      },
      with: { buttons: "مع الأزرار:", file: "مع الملف:", leave: "استبعاد" },
      uses: {
        column: "الاستخدام في 30 يومًا",
        lately: (n) =>
          count.ar(n, { one: "مرة واحدة", two: "مرتان", few: `${n} مرات`, other: `${n} مرة` }),
        never: "لم يُستخدم قط",
      },
    },
    tags: {
      find: "ابحث عن وسم",
      none: (find) => `لا يوجد وسم يطابق «${isolate(find)}».`,
      empty: "لا توجد وسوم بعد. الوسم يقول عمّ تدور المحادثة.",
      most: "الحد الأقصى 32 وسمًا.",
      lasting: "يبقى",
      bySupervisors: "يضعه المشرفون",
      byRules: "تضعه القواعد",
      also: (name) => `أيضًا «${isolate(name)}»`,
      takes: (names) => `يزيل ${names.map(isolate).join("، ")}`,
      keys: "↑ ↓ اختيار · المسافة وضع أو إزالة · ↵ وضع أو إزالة ثم إغلاق",
    },
    resolve: {
      title: "كيف انتهت؟",
      required: "فريقك يريد أن يعرف.",
      offered: "يمكنك تركها دون جواب.",
      more: "تفاصيل أخرى (اختيارية)",
      needed: "اذكر تفاصيل أخرى",
    },
    undo: {
      waits: "الرسالة تنتظر: ما زال بإمكانك التراجع عنها.",
      leaves: (seconds) => `تُرسل بعد ${seconds} ث`,
      back: "تراجع",
      now: "أرسل الآن",
    },
    fields: {
      title: "البيانات",
      none: "غير معروف",
      edit: "تغيير",
      yes: "نعم",
      no: "لا",
      less: "أقل",
      more: (n) =>
        count.ar(n, { one: "حقل آخر", two: "حقلان آخران", few: `${n} حقول أخرى`, other: `${n} حقلًا آخر` }),
      add: (name) => `إضافة ${isolate(name)}`,
      change: (name, value) => `${isolate(name)}: ${isolate(value)}. تغييره`,
      saved: (name) => `تم تغيير ${isolate(name)}`,
      wrong: {
        text: (most) => `من 1 إلى ${most} حرف`,
        number: "رقم، مثل 12.5",
        date: "يوم من التقويم",
        yes_no: "نعم أو لا",
        one_of: "أحد الخيارات",
        link: "عنوان يبدأ بـ https://",
      },
    },
    language: {
      title: "اللغة",
      asHeard: "غير معروفة",
      heard: (name) => `${isolate(name)} (معروفة)`,
      set: "تم تغيير اللغة",
    },
    merge: {
      ask: "دمج…",
      undo: "التراجع عن الدمج",
      title: (name) => `دمج «${isolate(name)}»`,
      into: "مع",
      carry: (n) =>
        count.ar(n, { one: "محادثة واحدة تحمله.", two: "محادثتان تحملانه.", few: `${n} محادثات تحمله.`, other: `${n} محادثة تحمله.` }),
      more: (n) => `أكثر من ${n} محادثة تحمله.`,
      users: (n) =>
        count.ar(n, { one: "إعداد واحد يذكره.", two: "إعدادان يذكرانه.", few: `${n} إعدادات تذكره.`, other: `${n} إعدادًا يذكره.` }),
      kept: "لا يُعاد كتابة شيء: يمكن التراجع.",
      counts: (from, into) =>
        `«${isolate(from)}» يُحسب فورًا على أنه «${isolate(into)}» في القوائم والقواعد والتقارير. لا يُعاد كتابة شيء: يمكن التراجع.`,
      go: "دمج",
    },
    episodes: "المرة السابقة",
  },
};
