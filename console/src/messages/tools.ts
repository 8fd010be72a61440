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
    episodes: "المرة السابقة",
  },
};
