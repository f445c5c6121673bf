namespace Viddhana.Backoffice.Storage;

/// <summary>The store cannot be used as it is; the message says why and what an operator can do.</summary>
public sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
