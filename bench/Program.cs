using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Viddhana.Bench.Ledger;
using Viddhana.Bench.Live;

if (args is ["ledger", .. var rest]) return await LedgerCommand.RunAsync(rest);
if (args is ["live", .. var more]) return await LiveCommand.RunAsync(more);

// In this process: it starts at once, and needs no further project to be built beside the engine's native parts.
var job = args.Contains("--short-job") ? Job.ShortRun : Job.Default.WithWarmupCount(4).WithIterationCount(12);
var config = DefaultConfig.Instance.AddJob(job.WithToolchain(InProcessEmitToolchain.Instance));
BenchmarkSwitcher.FromAssembly(typeof(Viddhana.Bench.HashSuite).Assembly).Run([.. args.Where(arg => arg != "--short-job")], config);
return 0;
