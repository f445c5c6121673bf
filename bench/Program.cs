using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(Viddhana.Bench.HashSuite).Assembly).Run(args);
