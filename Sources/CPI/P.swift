public enum CPIPlaceholder {}
