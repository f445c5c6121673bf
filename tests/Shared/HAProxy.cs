using System.Net.Sockets;

namespace Viddhana.Tests.Shared;

/// <summary>A real HAProxy with the configuration that is shipped; only what its variables say is of the test.</summary>
internal sealed class HAProxy : IAsyncDisposable
{
    private readonly RunningProgram _program;

    private HAProxy(RunningProgram program) => _program = program;

    /// <summary>Starts one and waits until it takes connections at every port.</summary>
    /// <param name="variables">As docker/haproxy.cfg names them.</param>
    /// <param name="ports">Where it is to listen.</param>
    public static async Task<HAProxy> Start(IReadOnlyDictionary<string, string> variables, params int[] ports)
    {
        var configuration = Path.Combine(SourceTree.Root, "docker", "haproxy.cfg");
        var program = RunningProgram.Start(
            "/usr/sbin/haproxy", ["-db", "-f", configuration], howToInstall: "apt-get install haproxy", environment: variables);
        var haproxy = new HAProxy(program);
        try
        {
            foreach (var port in ports) await Eventually.Holds("haproxy takes connections", () => haproxy.TakesConnections(port));
            return haproxy;
        }
        catch
        {
            await haproxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>All that it printed so far.</summary>
    public string Output => _program.Output;

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private async Task<bool> TakesConnections(int port)
    {
        if (_program.HasExited) throw new InvalidOperationException($"haproxy ended:\n{_program.Output}");
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
