using Viddhana.Miner.Commands;

// Before the first socket: completions run on the one thread that waits for them, instead of waking another for each.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
return await MinerCommandLine.RunAsync(args);
