using System.CommandLine;
using System.Net.Sockets;
using Viddhana.Contracts.Config;
using Viddhana.Engine.Net;

namespace Viddhana.Engine;

/// <summary>
/// The commands that ask the running engine: <c>wirelog</c> for the lines of some connections, which it prints as they come, and
/// <c>move</c> for a fresh extranonce1 of some connections.
/// </summary>
internal static class WireLogCommand
{
    private const int MinutesDefault = 10;

    /// <summary>The command, with the options it shares with the program.</summary>
    /// <param name="config">Where the configuration is.</param>
    /// <param name="data">Where the data directory is.</param>
    /// <param name="load">Reads the configuration; null after it has told what is wrong with it.</param>
    /// <param name="dataDirectory">The data directory of a configured or given one.</param>
    public static Command Make(
        Option<string> config, Option<string> data, Func<string?, ViddhanaConfig?> load, Func<string?, string> dataDirectory)
    {
        var (address, worker) = Choice();
        var minutes = new Option<int>("--minutes")
        {
            Description = $"Ends by itself after as many (default: {MinutesDefault})",
            HelpName = "N",
            DefaultValueFactory = _ => MinutesDefault,
        };
        var command = new Command("wirelog", "Prints every line from and to some miners of the running engine, without passwords.")
        {
            config, data, address, worker, minutes,
        };
        command.SetAction(parsed =>
        {
            var isRight = WireRequest.TryMake(
                parsed.GetValue(minutes), parsed.GetValue(address), parsed.GetValue(worker), out var request, out var error);
            if (!isRight) return Fail(error, Program.ExitUsage);
            return Print(parsed.GetValue(config), parsed.GetValue(data), load, dataDirectory, request!);
        });
        return command;
    }

    /// <summary>The other command; see <see cref="Make"/>.</summary>
    public static Command MakeMove(
        Option<string> config, Option<string> data, Func<string?, ViddhanaConfig?> load, Func<string?, string> dataDirectory)
    {
        var (address, worker) = Choice();
        var command = new Command("move", "Gives some miners of the running engine a fresh extranonce1, without a reconnect.")
        {
            config, data, address, worker,
        };
        command.SetAction(parsed =>
        {
            if (!WireRequest.TryMake(1, parsed.GetValue(address), parsed.GetValue(worker), out var request, out var error))
                return Fail(error, Program.ExitUsage);

            return Print(parsed.GetValue(config), parsed.GetValue(data), load, dataDirectory, request! with { IsMove = true });
        });
        return command;
    }

    private static (Option<string> Address, Option<string> Worker) Choice() => (
        new Option<string>("--address") { Description = "Of connections from there (also a range)", HelpName = "ADDRESS" },
        new Option<string>("--worker") { Description = "Of connections with this worker or account", HelpName = "NAME" });

    private static int Print(
        string? config, string? data, Func<string?, ViddhanaConfig?> load, Func<string?, string> dataDirectory, WireRequest request)
    {
        if (load(config) is not { } loaded) return Program.ExitUsage;

        var directory = loaded.Engine.Journal.Directory ?? Path.Combine(dataDirectory(data ?? loaded.Common.Data), "journal");
        return Print(Path.Combine(directory, WireLogServer.FileName), request);
    }

    private static int Print(string path, WireRequest request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e)
        {
            return Fail(
                e.SocketErrorCode == SocketError.AccessDenied
                    ? $"{path}: no permission: run it as the engine's user, or as root"
                    : $"{path}: no engine answers there ({e.Message}): is it running, with this configuration and data directory?",
                Program.ExitFailed);
        }

        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        stream.Write(System.Text.Encoding.ASCII.GetBytes(request.Line() + "\n"));
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('!')) return Fail(line[2..], Program.ExitFailed);
            Console.Out.WriteLine(line);
        }

        return Program.ExitOk;
    }

    private static int Fail(string message, int code)
    {
        Console.Error.WriteLine($"viddhana-engine: {message}");
        return code;
    }
}
