using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Viddhana.Contracts.Config;

namespace Viddhana.Engine;

/// <summary>The command line: reads the configuration, runs the engine until a signal, and says how it ended by the exit code.</summary>
public static class Program
{
    /// <summary>Clean stop.</summary>
    public const int ExitOk = 0;

    /// <summary>Anything else.</summary>
    public const int ExitFailed = 1;

    /// <summary>Bad configuration or arguments.</summary>
    public const int ExitUsage = 2;

    private const string DefaultConfig = "viddhana.yaml";

    /// <summary>Runs the program.</summary>
    public static int Main(string[] args)
    {
        var config = new Option<string>("--config") { Description = $"Configuration file (default: {DefaultConfig})", HelpName = "FILE" };
        var data = new Option<string>("--data") { Description = "Directory of everything that must survive", HelpName = "DIR" };
        var check = new Option<bool>("--check-config") { Description = "Check the configuration and exit" };
        var example = new Option<bool>("--example-config") { Description = "Print a complete configuration with comments and exit" };
        var root = new RootCommand("Viddhana mining pool engine: serves miners, asks coin nodes, records shares.")
        {
            config, data, check, example,
            WireLogCommand.Make(config, data, file => Load(file ?? DefaultConfig, warns: false), DataDirectory),
            WireLogCommand.MakeMove(config, data, file => Load(file ?? DefaultConfig, warns: false), DataDirectory),
        };

        // Before parsing: a command that has others under it and no action of its own asks for one of them.
        root.SetAction(parsed =>
        {
            if (parsed.GetValue(example)) return PrintExample();
            return Run(parsed.GetValue(config) ?? DefaultConfig, parsed.GetValue(data), parsed.GetValue(check));
        });

        var command = root.Parse(args);
        if (command.Errors.Count > 0)
        {
            foreach (var error in command.Errors) Console.Error.WriteLine($"viddhana-engine: {error.Message}");
            Console.Error.WriteLine("viddhana-engine: see --help");
            return ExitUsage;
        }

        return command.Invoke();
    }

    private static string Version =>
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    private static int PrintExample()
    {
        Console.Out.Write(ConfigExample.Text);
        return ExitOk;
    }

    private static int Run(string file, string? data, bool isCheck)
    {
        if (Load(file) is not { } config) return ExitUsage;
        if (isCheck)
        {
            Console.Out.WriteLine($"{file}: ok ({config.Pools.Count} pools: {string.Join(", ", config.Pools.Select(pool => pool.Id))})");
            return ExitOk;
        }

        using var output = Console.OpenStandardOutput();
        using var log = new Log(output, LevelOf(config.Common.LogLevel), config.Common.LogFormat == "json");
        AppDomain.CurrentDomain.UnhandledException += (_, fault) =>
        {
            log.Error("engine", $"unhandled fault, the engine stops: {fault.ExceptionObject}");
            log.Dispose();
            Environment.Exit(ExitFailed);
        };
        TaskScheduler.UnobservedTaskException += (_, fault) => log.Error("engine", $"a task failed unseen: {fault.Exception}");
        return ServeAsync(config, DataDirectory(data ?? config.Common.Data), log).GetAwaiter().GetResult();
    }

    private static ViddhanaConfig? Load(string file, bool warns = true)
    {
        string text;
        try
        {
            text = File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"viddhana-engine: {file} cannot be read: {e.Message}");
            Console.Error.WriteLine($"viddhana-engine: begin with: viddhana-engine --example-config > {DefaultConfig}");
            return null;
        }

        var result = ConfigLoader.Load(text, file, ConfigLoader.ProcessEnvironment(), ConfigPart.Engine);
        foreach (var warning in warns ? result.Warnings : []) Console.Error.WriteLine($"warning: {warning}");
        foreach (var problem in result.Problems) Console.Error.WriteLine($"error: {problem}");
        return result.Config;
    }

    private static async Task<int> ServeAsync(ViddhanaConfig config, string data, Log log)
    {
        var stop = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = Catch(PosixSignal.SIGTERM, stop);
        using var interrupt = Catch(PosixSignal.SIGINT, stop);
        MiningEngine? running = null;
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            log.Info("engine", "SIGHUP: reads the certificate again (the configuration needs a restart)");
            Volatile.Read(ref running)?.ReloadCertificate();
        });

        try
        {
            await using var engine = await MiningEngine.StartAsync(config, data, Version, log);
            Volatile.Write(ref running, engine);
            await Task.WhenAny(stop.Task, engine.Fault);
            if (engine.Fault.IsCompleted)
            {
                log.Error("engine", $"a fault that the engine cannot go on with: {await engine.Fault}");
                return ExitFailed;
            }

            log.Info("engine", $"{await stop.Task}: stops accepting, finishes, flushes");
            await engine.DisposeAsync();
            log.Info("engine", "stopped");
            return ExitOk;
        }
        catch (StartException e)
        {
            log.Error("engine", e.Message);
            return ExitFailed;
        }
        catch (Exception e)
        {
            log.Error("engine", $"a fault of our own: {e}");
            return ExitFailed;
        }
    }

    // The first signal drains; a second one of the same kind ends the process as the system would.
    private static PosixSignalRegistration Catch(PosixSignal kind, TaskCompletionSource<string> stop) =>
        PosixSignalRegistration.Create(kind, signal => signal.Cancel = stop.TrySetResult(kind.ToString()));

    private static string DataDirectory(string? configured)
    {
        if (configured is not null) return Path.GetFullPath(configured);
        return Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows() ? "/var/lib/viddhana" : Path.GetFullPath("data");
    }

    private static LogLevel LevelOf(string name) => name switch
    {
        "debug" => LogLevel.Debug,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.Info,
    };
}
