/** What of WebAssembly's interface for JavaScript is used here: neither TypeScript's ES library nor Node's types have it. */
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer;
  }
  class Global {
    constructor(descriptor: { value: 'i32'; mutable: boolean }, value: number);
    value: number;
  }
  class Table {
    constructor(descriptor: { element: 'anyfunc'; initial: number });
  }
  class Module {
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  function compile(code: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<Module>;
  function instantiate(
    module: Module,
    imports: Record<string, Record<string, unknown>>,
  ): Promise<{ exports: object }>;
}
