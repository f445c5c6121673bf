namespace Viddhana.Tests.EndToEnd.Compatibility.Harness;

/// <summary>What Stratum lines travel over.</summary>
public enum Wire
{
    /// <summary>TCP.</summary>
    Plain,

    /// <summary>TLS 1.2 and nothing newer.</summary>
    Tls12,

    /// <summary>TLS 1.3 and nothing older.</summary>
    Tls13,
}
