import { element } from "../element.ts";
import { runSelfTest } from "./self-test.ts";
import { showFailure, showRow, showVerdict } from "./view.ts";

const again = element<HTMLButtonElement>("again");

async function run(): Promise<void> {
  again.hidden = true;
  try {
    showVerdict(await runSelfTest(showRow));
  } catch (error) {
    showFailure((error as Error).message);
  } finally {
    again.hidden = false;
  }
}

again.addEventListener("click", () => void run());
void run();
