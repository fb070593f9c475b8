const plugin: Deno.lint.Plugin = { name: "capbox", rules: {} };
export default plugin;
