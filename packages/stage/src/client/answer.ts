/**
 * The answer with its candidates in every section. Amazon IVS puts them into the first one only, as BUNDLE allows
 * (RFC 9143 7.1.3); sections with candidates of their own and declined ones stay as they are.
 */
export function spreadCandidates(answer: string): string {
  const sections = answer.replace(/\r?\n/g, "\r\n").split(/(?=^m=)/m);
  const candidateLine = /^a=(?:candidate:|end-of-candidates).*\r\n/gm;
  const source = sections.find((section) => /^a=candidate:/m.test(section));
  const lines = source?.match(candidateLine)?.join("") ?? "";
  if (lines === "") return answer;
  return sections
    .map((section) => {
      if (!section.startsWith("m=") || /^m=\S+ 0 /.test(section) || /^a=candidate:/m.test(section)) return section;
      return `${section.replace(candidateLine, "").replace(/(?<!\r\n)$/, "\r\n")}${lines}`;
    })
    .join("");
}
