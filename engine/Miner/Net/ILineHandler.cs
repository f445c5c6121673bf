namespace Viddhana.Miner.Net;

/// <summary>Who talks over a <see cref="PoolConnection"/>. All calls hold the gate.</summary>
internal interface ILineHandler
{
    /// <summary>The connection stands; what is written to its output is sent.</summary>
    void OnConnected();

    /// <summary>A line came, without its end.</summary>
    void OnLine(ReadOnlyMemory<byte> line);

    /// <summary>All lines of one receive have been handed over.</summary>
    void OnLinesDone();

    /// <summary>The connection has gone, or could not be made; another attempt follows unless the run ends.</summary>
    void OnDisconnected(string reason);
}
