using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Viddhana.Simnode;

/// <summary>
/// Starts the simulated node. Exit codes: 0 after SIGTERM, SIGINT or <c>stop</c>; 2 for wrong arguments; 1 for anything else.
/// </summary>
public static class Program
{
    /// <summary>The entry point.</summary>
    public static async Task<int> Main(string[] args)
    {
        var parsed = new CommandLine().Build(RunAsync).Parse(args);
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync();

        foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync($"viddhana-simnode: {error.Message}");
        await Console.Error.WriteLineAsync("viddhana-simnode --help lists the options");
        return 2;
    }

    private static async Task<int> RunAsync(ServerSettings settings, CancellationToken cancelled)
    {
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        await using var registration = cancelled.Register(() => signalled.TrySetResult());
        try
        {
            await using var server = new SimnodeServer(settings);
            if (server.Node.BytesCutAtStart > 0)
                await Console.Error.WriteLineAsync($"cut {server.Node.BytesCutAtStart} bytes of a half-written block off the chain file");

            Console.WriteLine($"rpc {server.RpcUrl.GetLeftPart(UriPartial.Authority)}");
            if (server.ZmqEndPoint is { } zmq) Console.WriteLine($"zmq tcp://{zmq}");
            Console.WriteLine($"tip {server.Node.Tree.Tip.Height} {server.Node.Tree.Tip.Hash}");
            await Console.Out.FlushAsync(CancellationToken.None);
            await await Task.WhenAny(signalled.Task, server.Stopped());
            return 0;
        }
        catch (ArgumentException e)
        {
            await Console.Error.WriteLineAsync($"viddhana-simnode: {e.Message}");
            return 2;
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"viddhana-simnode: {e.Message}");
            return 1;
        }

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            signalled.TrySetResult();
        }
    }
}
