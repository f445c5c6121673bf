using BenchmarkDotNet.Running;
using Viddhana.Bench.Ledger;

if (args is ["ledger", .. var rest]) return await LedgerCommand.RunAsync(rest);
BenchmarkSwitcher.FromAssembly(typeof(Viddhana.Bench.HashSuite).Assembly).Run(args);
return 0;
