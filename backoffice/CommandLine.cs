using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Npgsql;
using Viddhana.Backoffice.Shares;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts;
using Viddhana.Contracts.Config;
using Viddhana.Contracts.Redis;

namespace Viddhana.Backoffice;

/// <summary>
/// <c>viddhana-backoffice --config FILE [--check-config] [--data DIR]</c> and the operator's commands. Exit codes: 0 clean stop, 2 wrong
/// configuration or arguments, 1 anything else.
/// </summary>
public sealed class CommandLine
{
    private const int Failed = 1;
    private const int Wrong = 2;

    private readonly Option<string?> _config = new("--config")
    {
        Description = "viddhana.yaml",
        Recursive = true,
        HelpName = "FILE",
    };

    private readonly Option<string?> _data = new("--data")
    {
        Description = "Data directory; default: common.data, else ./data, as root /var/lib/viddhana",
        Recursive = true,
        HelpName = "DIR",
    };

    private readonly Option<bool> _check = new("--check-config") { Description = "Check the configuration and exit" };
    private readonly RootCommand _root = new("Viddhana's backoffice: remembers and pays.");

    private CommandLine()
    {
    }

    /// <summary>With all commands. A feature adds its own by <see cref="Add"/>.</summary>
    public static CommandLine Make()
    {
        var line = new CommandLine();
        line._root.Options.Add(line._config);
        line._root.Options.Add(line._data);
        line._root.Options.Add(line._check);
        line._root.SetAction((parsed, _) => line.RunBackofficeAsync(parsed));
        line._root.Subcommands.Add(line.EngineCommand());
        return line;
    }

    /// <summary>Adds a command; its action takes what <see cref="WithDatabaseAsync"/> gives.</summary>
    public CommandLine Add(Command command)
    {
        _root.Subcommands.Add(command);
        return this;
    }

    /// <summary>Parses and runs.</summary>
    public async Task<int> RunAsync(string[] args)
    {
        var parsed = _root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("viddhana-backoffice --help tells what there is");
            return Wrong;
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>Runs an operator's command on the database; its failures become a line on stderr and exit code 1.</summary>
    public Task<int> WithDatabaseAsync(ParseResult parsed, Func<ViddhanaConfig, NpgsqlDataSource, Task> work) =>
        WithDataAsync(parsed, (config, database, _) => work(config, database));

    /// <summary>The same for a command that needs the data directory too.</summary>
    public async Task<int> WithDataAsync(ParseResult parsed, Func<ViddhanaConfig, NpgsqlDataSource, string, Task> work)
    {
        if (await LoadAsync(parsed) is not { } config) return Wrong;
        return await GuardAsync(async () =>
        {
            await using var database = await Database.OpenAsync(
                config.Backoffice.Postgres, DataDirectory(parsed, config), isCommand: true, CancellationToken.None);
            await work(config, database.Source, DataDirectory(parsed, config));
            return 0;
        });
    }

    private Command EngineCommand()
    {
        var id = new Argument<int>("ID") { Description = "Instance id of the engine" };
        var release = new Command("release", "Wait for nothing more from this engine's journals, and free its instance id") { id };
        release.SetAction(
            (parsed, _) => WithDatabaseAsync(parsed, (config, database) => ReleaseAsync(config, database, parsed.GetValue(id))));

        var skippedId = new Argument<int>("ID") { Description = "Instance id of the engine" };
        var epoch = new Argument<ulong>("EPOCH") { Description = "Epoch of the journal, 16 hex digits", CustomParser = ParseEpoch };
        var sequence = new Argument<ulong>("SEQ") { Description = "The sequence to go on with" };
        var skip = new Command("skip", "Give up the missing sequences before SEQ") { skippedId, epoch, sequence };
        skip.SetAction((parsed, _) =>
        {
            var source = new SourceKey(parsed.GetValue(skippedId), parsed.GetValue(epoch));
            return WithDatabaseAsync(parsed, (_, database) => SkipAsync(database, source, parsed.GetValue(sequence)));
        });
        return new Command("engine", "Decide about an engine") { release, skip };
    }

    private static async Task ReleaseAsync(ViddhanaConfig config, NpgsqlDataSource database, int engineId)
    {
        var epochs = await EngineCommands.ReleaseAsync(database, engineId, CancellationToken.None);
        Console.WriteLine(
            epochs.Count > 0 ? $"released engine {engineId}, epoch {string.Join(", ", epochs)}" : $"engine {engineId} has no open journal");
        if (config.Common.Redis is not { } redis) return;

        await using var client = await RedisClient.ConnectAsync(redis);
        var deleted = (await client.CallAsync("DEL", Streams.Engine(redis.Prefix, engineId))).OrThrow().Number;
        await client.CallAsync("HDEL", Streams.Status(redis.Prefix), engineId.ToString(CultureInfo.InvariantCulture));
        Console.WriteLine(deleted > 0 ? $"freed instance id {engineId} in Redis" : $"instance id {engineId} was free in Redis");
    }

    private static async Task SkipAsync(NpgsqlDataSource database, SourceKey source, ulong sequence)
    {
        var (from, to) = await EngineCommands.SkipAsync(database, source, sequence, CancellationToken.None);
        Console.WriteLine($"skipped sequences {from} to {to}; it is recorded");
    }

    private static ulong ParseEpoch(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.Length == 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var epoch))
            return epoch;
        result.AddError("EPOCH must be 16 hex digits");
        return 0;
    }

    private async Task<int> RunBackofficeAsync(ParseResult parsed)
    {
        if (await LoadAsync(parsed) is not { } config) return Wrong;
        if (!parsed.GetValue(_check)) return await GuardAsync(() => BackofficeHost.RunAsync(config, DataDirectory(parsed, config)));

        Console.WriteLine($"{parsed.GetValue(_config)} is good");
        return 0;
    }

    private async Task<ViddhanaConfig?> LoadAsync(ParseResult parsed)
    {
        if (parsed.GetValue(_config) is not { } file)
        {
            await Console.Error.WriteLineAsync("Option '--config' is required.");
            return null;
        }

        string text;
        try
        {
            text = await File.ReadAllTextAsync(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{file}: {error.Message}");
            return null;
        }

        var result = ConfigLoader.Load(text, file, ConfigLoader.ProcessEnvironment(), ConfigPart.Backoffice);
        foreach (var problem in result.Warnings.Concat(result.Problems)) await Console.Error.WriteLineAsync(problem.ToString());
        return result.Config;
    }

    private string DataDirectory(ParseResult parsed, ViddhanaConfig config)
    {
        var standard = Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows() ? "/var/lib/viddhana" : "data";
        return Path.GetFullPath(parsed.GetValue(_data) ?? config.Common.Data ?? standard);
    }

    /// <summary>What the world does to us is one line; what is our own fault keeps its stack trace.</summary>
    private static async Task<int> GuardAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception error) when (error is StorageException || ActiveLoop.IsTheWorlds(error))
        {
            await Console.Error.WriteLineAsync(error.Message);
            return Failed;
        }
        catch (Exception error)
        {
            await Console.Error.WriteLineAsync(error.ToString());
            return Failed;
        }
    }
}
