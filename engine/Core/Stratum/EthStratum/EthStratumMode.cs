namespace Viddhana.Core.Stratum.EthStratum;

/// <summary>Which of the protocols a client speaks; decided by its first message.</summary>
internal enum EthStratumMode : byte
{
    /// <summary>Not known yet.</summary>
    None,

    /// <summary>EthereumStratum/1.0.0: difficulty apart from the job, nonces begin with the connection's extranonce.</summary>
    NiceHash,

    /// <summary>mining.subscribe without that tag: the job carries its boundary, the submission the whole nonce.</summary>
    Plain,

    /// <summary>eth_submitLogin: work without job ids, known by its header hash.</summary>
    Proxy,
}
