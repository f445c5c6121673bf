using System.Net;
using System.Net.Sockets;

namespace Viddhana.Tests.Shared;

/// <summary>Ports of the loopback address that nothing listens on.</summary>
internal static class FreePorts
{
    /// <summary>As many different free ports as asked for.</summary>
    public static int[] Take(int count)
    {
        var held = new List<TcpListener>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var listener = new TcpListener(IPAddress.Loopback, 0);
                listener.Start();
                held.Add(listener);
            }

            return [.. held.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in held) listener.Dispose();
        }
    }
}
